/// The event names of Anthropic's streams; other dialects leave the name out (`unnamed`).
package enum SSEName: UInt8, Sendable, CaseIterable {
    case messageStart, messageDelta, messageStop, error
    case contentBlockStart, contentBlockDelta, contentBlockStop, ping
    /// The event had no `event` field: its type, if any, is inside the data.
    case unnamed
    /// A name that is not listed.
    case other

    /// As written on the wire; empty for `unnamed` and `other`.
    package var text: StaticString {
        switch self {
        case .messageStart: "message_start"
        case .messageDelta: "message_delta"
        case .messageStop: "message_stop"
        case .error: "error"
        case .contentBlockStart: "content_block_start"
        case .contentBlockDelta: "content_block_delta"
        case .contentBlockStop: "content_block_stop"
        case .ping: "ping"
        case .unnamed, .other: ""
        }
    }

    /// The longest listed name.
    static let longest = 19

    /// The name an `event` field gives; an empty value is no name.
    package static func recognise(_ bytes: UnsafeRawBufferPointer) -> SSEName {
        let candidate: SSEName
        switch bytes.count {
        case 0: return .unnamed
        case 4: candidate = .ping
        case 5: candidate = .error
        case 12: candidate = .messageStop
        case 13: candidate = bytes[8] == UInt8(ascii: "s") ? .messageStart : .messageDelta
        case 18: candidate = .contentBlockStop
        case 19: candidate = bytes[14] == UInt8(ascii: "s") ? .contentBlockStart : .contentBlockDelta
        default: return .other
        }
        return bytes.equals(candidate.text) ? candidate : .other
    }
}

/// The events whose data a reader wants to see; all others are passed over without a copy.
package struct SSEInterest: OptionSet, Sendable {
    /// One bit per name.
    package let rawValue: UInt16

    /// The names whose bits are set.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// One name alone.
    package init(_ name: SSEName) {
        self.rawValue = 1 << UInt16(name.rawValue)
    }

    package static let messageStart = SSEInterest(.messageStart)
    package static let messageDelta = SSEInterest(.messageDelta)
    package static let messageStop = SSEInterest(.messageStop)
    package static let error = SSEInterest(.error)
    package static let contentBlockStart = SSEInterest(.contentBlockStart)
    package static let contentBlockDelta = SSEInterest(.contentBlockDelta)
    package static let contentBlockStop = SSEInterest(.contentBlockStop)
    package static let ping = SSEInterest(.ping)
    package static let unnamed = SSEInterest(.unnamed)
    package static let other = SSEInterest(.other)

    /// What metering an Anthropic stream needs.
    package static let usage: SSEInterest = [.messageStart, .messageDelta, .messageStop, .error]
    /// The same, and which tools the answer calls for.
    package static let metering: SSEInterest = [.usage, .contentBlockStart]
    /// Every event.
    package static let all = SSEInterest(rawValue: .max)

    /// Whether events of that name are of interest.
    package func contains(_ name: SSEName) -> Bool {
        rawValue & (1 << UInt16(name.rawValue)) != 0
    }
}
