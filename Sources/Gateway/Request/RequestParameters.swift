import Wire

/// What a body asks of the model besides its conversation, for the attempt's span.
struct RequestParameters {
    private(set) var temperature: Double?
    private(set) var topP: Double?
    private(set) var topK: Int64?
    /// `output_config.effort`.
    private(set) var effort = ""

    init() {}

    /// - Parameter members: of the body's first level.
    init(_ members: [JSONMember], in body: UnsafeRawBufferPointer) {
        for member in members {
            if member.keyEquals("temperature", in: body) {
                temperature = Self.double(member, body)
            } else if member.keyEquals("top_p", in: body) {
                topP = Self.double(member, body)
            } else if member.keyEquals("top_k", in: body) {
                topK = member.int64(in: body)
            } else if member.keyEquals("output_config", in: body), member.kind == .object {
                effort = (try? Self.effort(member.cursor(in: body))) ?? ""
            }
        }
    }

    private static func double(_ member: JSONMember, _ body: UnsafeRawBufferPointer) -> Double? {
        guard member.kind == .number else { return nil }
        return Double(String(decoding: body.slice(member.value), as: UTF8.self))
    }

    private static func effort(_ cursor: JSONCursor) throws(JSONError) -> String {
        var cursor = cursor
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            guard key.equals("effort"), try cursor.peekKind() == .string else {
                try cursor.skipValue()
                continue
            }
            let value = try cursor.readString()
            return value.bytes.count <= 32 ? try value.decoded() : ""
        }
        return ""
    }
}
