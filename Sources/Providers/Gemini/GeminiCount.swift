import Wire

/// Counting a request's tokens: `POST models/{model}:countTokens`. https://ai.google.dev/api/tokens
struct GeminiCount {
    private var request: GenerateContentRequest

    init(_ parts: TranslationParts) { request = GenerateContentRequest(parts) }

    /// With `contents` alone neither the system prompt nor the tools would count. Vertex takes them as members of the body.
    mutating func write() throws(Refusal) -> ByteWriter {
        var json = JSONWriter(into: ByteWriter(capacity: 64 * 1024))
        json.beginObject()
        if request.isVertex {
            request.writePrompt(&json)
        } else {
            json.key("generateContentRequest")
            json.beginObject()
            let model = request.parts.target.model
            json.member("model", model.hasPrefix("models/") ? model : "models/\(model)")
            request.writePrompt(&json)
            json.endObject()
        }
        json.endObject()
        return json.finish()
    }

    /// `totalTokens` of the answer; `nil` if it has none.
    static func tokens(_ answer: UnsafeRawBufferPointer) -> Int64? {
        do throws(JSONError) {
            var cursor = JSONCursor(answer), tokens: Int64?
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("totalTokens") { tokens = try cursor.integerOrSkip() } else { try cursor.skipValue() }
            }
            try cursor.finish()
            return tokens.flatMap { (0...UsageReport.largestCount).contains($0) ? $0 : nil }
        } catch {
            return nil
        }
    }
}
