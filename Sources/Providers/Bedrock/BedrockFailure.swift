import Wire

extension UpstreamFailure {
    /// An exception of Bedrock: its name, as a stream's `:exception-type` or the header `x-amzn-errortype` has it, and its
    /// JSON. https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
    package init(exception name: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, sent: SentMedia) {
        let value = (try? JSONValue(parsing: payload)) ?? .null
        let text = value["message"]?.string ?? value["Message"]?.string ?? value["originalMessage"]?.string ?? ""
        let status = Self.status(value["originalStatusCode"]?.int64)
        self.init(ErrorKind(status: status, names: [Self.member(name)], text: text, sent: sent), text)
    }

    /// An error that Bedrock's interface does not describe: what the headers of its frame say.
    package init(error frame: EventStreamMessage) {
        let text = String(decoding: frame.errorMessage, as: UTF8.self)
        self.init(ErrorKind(status: nil, names: [Self.member(frame.errorCode)], text: text, sent: []), text)
    }

    package init(_ error: EventStreamError) {
        self.init(type: "api_error", message: "The provider's answer is damaged: \(error.sentence)")
    }

    /// The name without what may stand behind it: `ThrottlingException:http://…`.
    private static func member(_ name: UnsafeRawBufferPointer) -> String {
        String(decoding: name.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    }

    /// What the model's own server said, if it was asked too much.
    private static func status(_ original: Int64?) -> Int? {
        original.flatMap { [429, 503, 529].contains($0) ? Int($0) : nil }
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
