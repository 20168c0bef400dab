import COTLP
import Transport

/// A collector's URL in its parts.
struct ExportURL {
    let endpoint: Endpoint

    init(_ signal: SignalEndpoint) throws(TransportError) {
        let isEncrypted = signal.url.hasPrefix("https://")
        var authority = signal.url.dropFirst(isEncrypted ? 8 : 7).prefix { $0 != "/" && $0 != "?" }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        var host = authority, port: UInt16 = isEncrypted ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            host = authority[..<colon]
            guard let number = UInt16(authority[authority.index(after: colon)...]) else {
                throw .unresolved(host: String(authority), reason: "the port is no number")
            }
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let tls = isEncrypted ? try TLSContext(authorityFile: signal.authorityFile) : nil
        endpoint = Endpoint(host: String(host), port: port, tls: tls)
    }

    static func path(_ url: String) -> String {
        let rest = url.drop { $0 != ":" }.dropFirst(3)
        let path = rest.drop { $0 != "/" }
        return path.isEmpty ? "/" : String(path)
    }
}

/// What a collector says to an export that it took.
enum CollectorAnswer {
    /// How many items were rejected, and why.
    static func rejected(_ answer: [UInt8]) -> (Int64, String) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
            guard let base = message.baseAddress else { return (0, "") }
            let count = tg_otlp_rejected(answer, answer.count, base, message.count)
            return (count, String(cString: base))
        }
    }
}
