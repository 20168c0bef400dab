import Wire

/// A request in the form of Bedrock's runtime or of Vertex AI, as Claude Code sends it with `CLAUDE_CODE_USE_BEDROCK` or
/// `CLAUDE_CODE_USE_VERTEX`: the model stands in the path.
struct NativeRoute: Equatable {
    enum Platform: Equatable {
        case bedrock, vertex
    }
    let platform: Platform
    let counts: Bool
    let isStreamed: Bool
    /// The model's name in the head, percent-encoded; empty for Vertex's counting, whose body has it.
    let model: Range<Int>
    let pattern: StaticString

    static func == (left: Self, right: Self) -> Bool {
        left.platform == right.platform && left.counts == right.counts && left.isStreamed == right.isStreamed
            && left.model == right.model
    }

    /// `nil` for any other path. `start`: where `path` stands in the head.
    init?(_ path: UnsafeRawBufferPointer, at start: Int) {
        if let found = NativeRoute(bedrock: path, at: start) ?? NativeRoute(vertex: path, at: start) {
            self = found
        } else {
            return nil
        }
    }

    private init(
        _ platform: Platform, counts: Bool, isStreamed: Bool, model: Range<Int>, pattern: StaticString
    ) {
        self.platform = platform
        self.counts = counts
        self.isStreamed = isStreamed
        self.model = model
        self.pattern = pattern
    }

    /// `/bedrock/model/{id}/invoke`, `…/invoke-with-response-stream`, `…/count-tokens`.
    private init?(bedrock path: UnsafeRawBufferPointer, at start: Int) {
        let prefix: StaticString = "/bedrock/model/"
        let length = prefix.utf8CodeUnitCount
        guard path.starts(with: prefix) else { return nil }
        guard let slash = path.firstIndex(of: UInt8(ascii: "/"), in: length..<path.count), slash > length else {
            return nil
        }
        let operation = path.slice(slash + 1..<path.count), model = start + length..<start + slash
        if operation.equals("invoke") {
            self.init(.bedrock, counts: false, isStreamed: false, model: model, pattern: "/bedrock/model/{id}/invoke")
        } else if operation.equals("invoke-with-response-stream") {
            self.init(
                .bedrock, counts: false, isStreamed: true, model: model,
                pattern: "/bedrock/model/{id}/invoke-with-response-stream")
        } else if operation.equals("count-tokens") {
            self.init(
                .bedrock, counts: true, isStreamed: false, model: model, pattern: "/bedrock/model/{id}/count-tokens")
        } else {
            return nil
        }
    }

    /// `/vertex_ai/v1/projects/{p}/locations/{l}/publishers/anthropic/models/{model}:rawPredict`. Project and location are the
    /// account's, whatever the client says.
    private init?(vertex path: UnsafeRawBufferPointer, at start: Int) {
        guard path.starts(with: "/vertex_ai/v1/projects/") else { return nil }
        let mark: StaticString = "/publishers/anthropic/models/"
        guard let found = path.firstIndex(of: mark) else { return nil }
        let begin = found + mark.utf8CodeUnitCount
        guard let colon = path.firstIndex(of: UInt8(ascii: ":"), in: begin..<path.count), colon > begin else {
            return nil
        }
        let operation = path.slice(colon + 1..<path.count), model = start + begin..<start + colon
        let streams = operation.equals("streamRawPredict")
        guard streams || operation.equals("rawPredict") else { return nil }
        if path.slice(begin..<colon).equals("count-tokens") {
            self.init(
                .vertex, counts: true, isStreamed: false, model: model.lowerBound..<model.lowerBound,
                pattern: "/vertex_ai/v1/…/count-tokens:rawPredict")
        } else {
            self.init(
                .vertex, counts: false, isStreamed: streams, model: model,
                pattern: streams ? "/vertex_ai/v1/…/{model}:streamRawPredict" : "/vertex_ai/v1/…/{model}:rawPredict")
        }
    }
}
