/// Frames of HTTP/2 made and read by hand (RFC 9113 §4.1), so that nothing of the library under test checks itself.
struct HTTP2Frame: Equatable {
    enum Kind: UInt8 {
        case data = 0
        case headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    static let endStream: UInt8 = 1
    static let acknowledgement: UInt8 = 1
    static let endHeaders: UInt8 = 4

    var kind: Kind
    var flags: UInt8 = 0
    var stream: UInt32 = 0
    var payload: [UInt8] = []

    var bytes: [UInt8] {
        Self.number(UInt32(payload.count)).dropFirst() + [kind.rawValue, flags] + Self.number(stream) + payload
    }

    static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }

    /// Fields as literals without indexing (RFC 7541 §6.2.2), nothing packed.
    static func headers(_ fields: [(String, String)], stream: UInt32 = 1, ends: Bool = false) -> HTTP2Frame {
        let block = fields.flatMap { name, value -> [UInt8] in
            [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return HTTP2Frame(
            kind: .headers, flags: endHeaders | (ends ? endStream : 0), stream: stream, payload: block)
    }

    static func data(_ payload: [UInt8], stream: UInt32 = 1, ends: Bool = false) -> HTTP2Frame {
        HTTP2Frame(kind: .data, flags: ends ? endStream : 0, stream: stream, payload: payload)
    }

    static func reset(_ code: UInt32, stream: UInt32 = 1) -> HTTP2Frame {
        HTTP2Frame(kind: .reset, stream: stream, payload: number(code))
    }

    static func goAway(last stream: UInt32, code: UInt32 = 0) -> HTTP2Frame {
        HTTP2Frame(kind: .goAway, payload: number(stream) + number(code))
    }

    static func window(_ more: UInt32, stream: UInt32) -> HTTP2Frame {
        HTTP2Frame(kind: .windowUpdate, stream: stream, payload: number(more))
    }

    static let settings = HTTP2Frame(kind: .settings)

    /// The frames in what a client sent, behind its preface if that is there; what is incomplete is left out.
    static func all(in sent: [UInt8]) -> [HTTP2Frame] {
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        var rest = sent.starts(with: preface) ? sent.dropFirst(preface.count) : sent[...]
        var frames: [HTTP2Frame] = []
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let length = head[0..<3].reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 9 + length, let kind = Kind(rawValue: head[3]) else { break }
            let stream = head[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                HTTP2Frame(
                    kind: kind, flags: head[4], stream: stream, payload: Array(rest.dropFirst(9).prefix(length))))
            rest = rest.dropFirst(9 + length)
        }
        return frames
    }
}
