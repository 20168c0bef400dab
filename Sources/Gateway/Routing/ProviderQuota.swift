import HTTP
import Synchronization
import Wire

/// What a provider's answers last said of its limits on our account, from all loops.
final class ProviderQuota: Sendable {
    enum Kind: Int, CaseIterable {
        case requests, tokens, inputTokens, outputTokens

        var name: String {
            switch self {
            case .requests: "requests"
            case .tokens: "tokens"
            case .inputTokens: "input_tokens"
            case .outputTokens: "output_tokens"
            }
        }

        /// As it stands in `anthropic-ratelimit-KIND-limit` and `x-ratelimit-limit-KIND`.
        fileprivate var word: StaticString {
            switch self {
            case .requests: "requests"
            case .tokens: "tokens"
            case .inputTokens: "input-tokens"
            case .outputTokens: "output-tokens"
            }
        }
    }

    private struct Numbers {
        var limits = [Int64?](repeating: nil, count: Kind.allCases.count)
        var remaining = [Int64?](repeating: nil, count: Kind.allCases.count)
    }

    /// Held for a few instructions once an answer.
    private let numbers = Mutex(Numbers())

    func limit(_ kind: Kind) -> Int64? { numbers.withLock { $0.limits[kind.rawValue] } }
    func remaining(_ kind: Kind) -> Int64? { numbers.withLock { $0.remaining[kind.rawValue] } }

    /// Reads an answer's head.
    func read(_ connection: ClientConnection) {
        for field in connection.head.fields where field.name == .anthropicRateLimit || field.name == .other {
            let name = connection.headBytes(field.nameRange)
            guard let (kind, isLimit) = Self.meaning(of: name),
                let value = Self.number(connection.headBytes(field.valueRange))
            else { continue }
            numbers.withLock { numbers in
                if isLimit {
                    numbers.limits[kind.rawValue] = value
                } else {
                    numbers.remaining[kind.rawValue] = value
                }
            }
        }
    }

    private static func meaning(of name: UnsafeRawBufferPointer) -> (Kind, isLimit: Bool)? {
        if name.startsIgnoringCase("anthropic-ratelimit-") {
            let rest = name.slice(20..<name.count)
            for kind in Kind.allCases where rest.startsIgnoringCase(kind.word) {
                let end = rest.slice(kind.word.utf8CodeUnitCount..<rest.count)
                if end.equalsIgnoringCase("-limit") { return (kind, true) }
                if end.equalsIgnoringCase("-remaining") { return (kind, false) }
            }
        } else if name.startsIgnoringCase("x-ratelimit-") {
            let rest = name.slice(12..<name.count)
            for kind in Kind.allCases {
                if rest.startsIgnoringCase("limit-"), rest.slice(6..<rest.count).equalsIgnoringCase(kind.word) {
                    return (kind, true)
                }
                if rest.startsIgnoringCase("remaining-"), rest.slice(10..<rest.count).equalsIgnoringCase(kind.word) {
                    return (kind, false)
                }
            }
        }
        return nil
    }

    /// A whole number that is not negative.
    static func number(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard (1...18).contains(text.count) else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }
}
