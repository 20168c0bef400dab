import Transport

/// A message as it stands in the body of a call (gRPC over HTTP/2, Length-Prefixed-Message): one byte that says whether it is
/// compressed, four of length, and its bytes.
enum GRPCMessage {
    /// The prefix and the message.
    static func framed(_ message: [UInt8], isCompressed: Bool) -> [UInt8] {
        let length = UInt32(clamping: message.count)
        var body: [UInt8] = []
        body.reserveCapacity(prefixBytes + message.count)
        body.append(isCompressed ? 1 : 0)
        for shift in [24, 16, 8, 0] as [UInt32] { body.append(UInt8(truncatingIfNeeded: length >> shift)) }
        body.append(contentsOf: message)
        return body
    }

    /// The one message of an answer's body, unpacked; nil when the body is no such thing, or the message has more bytes than
    /// `limit`.
    static func only(in body: [UInt8], encoding: String?, limit: Int) -> [UInt8]? {
        guard body.count >= prefixBytes, body[0] <= 1 else { return nil }
        let length = body[1..<prefixBytes].reduce(0) { $0 << 8 | Int($1) }
        guard length == body.count - prefixBytes else { return nil }
        let message = Array(body[prefixBytes...])
        guard body[0] == 1 else { return message }
        // A small one can grow a thousandfold; an answer to an export has a few bytes.
        guard encoding == "gzip", message.count <= 64 * 1024 else { return nil }
        return try? message.withUnsafeBytes { bytes in
            Result { () throws(GunzipFault) in try gunzip(bytes, limit: limit) }
        }.get()
    }

    static let prefixBytes = 5
}
