import Wire

extension GenerateContentRequest {
    /// The body of `POST models/{model}:countTokens`. With `contents` alone neither the system prompt nor the tools would count;
    /// Vertex takes them as members of the body. https://ai.google.dev/api/tokens
    mutating func writeCount() throws(Refusal) -> ByteWriter {
        var json = JSONWriter(into: ByteWriter(capacity: 64 * 1024))
        json.beginObject()
        if isVertex {
            writePrompt(&json)
        } else {
            json.key("generateContentRequest")
            json.beginObject()
            let model = parts.target.model
            json.member("model", model.hasPrefix("models/") ? model : "models/\(model)")
            writePrompt(&json)
            json.endObject()
        }
        json.endObject()
        return json.finish()
    }
}
