import Wire

extension UpstreamFailure: Error {}

extension UpstreamFailure {
    /// An exception of Bedrock: its name, as a stream's `:exception-type` or the header `x-amzn-errortype` has it, and its
    /// JSON. https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
    package init(exception name: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        let value = (try? JSONValue(parsing: payload)) ?? .null
        let text = value["message"]?.string ?? value["Message"]?.string ?? value["originalMessage"]?.string ?? ""
        self.init(
            type: Self.type(ofStatus: value["originalStatusCode"]?.int64)
                ?? Self.type(of: Self.member(name)), message: Self.sentence(text))
    }

    /// An error that Bedrock's interface does not describe: what the headers of its frame say.
    package init(error frame: EventStreamMessage) {
        let text = String(decoding: frame.errorMessage, as: UTF8.self)
        self.init(type: Self.type(of: Self.member(frame.errorCode)), message: Self.sentence(text))
    }

    package init(_ error: EventStreamError) {
        self.init(type: "api_error", message: "The provider's answer is damaged: \(error.sentence)")
    }

    /// The name as it stands in the interface's model: `ThrottlingException:http://…` is `throttlingException`.
    private static func member(_ name: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: name.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// Clients compact the conversation by exactly this sentence.
    private static let tooLong = "Input is too long"

    private static func sentence(_ text: String) -> String {
        if text.isEmpty { return "The provider failed." }
        return text.contains(tooLong) ? tooLong + "." : AccountText.clean(text)
    }

    /// What the model's own server said, if it was asked too much.
    private static func type(ofStatus status: Int64?) -> String? {
        switch status {
        case 429: "rate_limit_error"
        case 503, 529: "overloaded_error"
        default: nil
        }
    }

    /// The failure as the last event of a stream that had begun.
    package func appendEvent(requestID: String, to output: inout ByteWriter) {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", literal: "error")
        json.key("error")
        json.beginObject()
        json.member("type", type)
        json.member("message", message)
        json.endObject()
        json.member("request_id", requestID)
        json.endObject()
        SSEWriter.append(event: "error", data: json.bytes, to: &output)
    }
}
