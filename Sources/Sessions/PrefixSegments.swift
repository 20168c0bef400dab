/// The parts of a prompt in their order. What a former request of the conversation had is shared with what is remembered of it, until
/// something is added there: many thousands of requests may wait for the tracker's thread, with hundreds of parts each.
package struct PrefixSegments: RandomAccessCollection, MutableCollection, Sendable {
    private var tools: [PrefixSegment] = []
    private var system: [PrefixSegment] = []
    private var messages: [PrefixSegment] = []
    /// Behind those that are shared.
    private var own: [PrefixSegment] = []

    package init() {}

    package var startIndex: Int { 0 }
    package var endIndex: Int { tools.count + system.count + messages.count + own.count }

    package subscript(_ index: Int) -> PrefixSegment {
        get {
            var place = index
            if place < tools.count { return tools[place] }
            place -= tools.count
            if place < system.count { return system[place] }
            place -= system.count
            return place < messages.count ? messages[place] : own[place - messages.count]
        }
        set {
            var place = index
            if place < tools.count { return tools[place] = newValue }
            place -= tools.count
            if place < system.count { return system[place] = newValue }
            place -= system.count
            if place < messages.count { messages[place] = newValue } else { own[place - messages.count] = newValue }
        }
    }

    /// Bytes of the definitions of tools, which stand in front.
    package var toolBytes: Int {
        let tools = tools.isEmpty ? own.prefix { $0.kind == .tools } : tools[...]
        return tools.reduce(0) { $0 + $1.bytes }
    }

    package mutating func append(_ segment: PrefixSegment) { own.append(segment) }

    /// Makes room for so many that are not shared.
    mutating func reserve(_ count: Int) { own.reserveCapacity(own.count + count) }

    /// Appends what somebody else goes on holding.
    mutating func share(_ segments: [PrefixSegment]) {
        guard own.isEmpty, let first = segments.first else { return own += segments }
        switch first.kind {
        case .tools where isEmpty: tools = segments
        case .system where system.isEmpty && messages.isEmpty: system = segments
        case .message where messages.isEmpty: messages = segments
        default: own = segments
        }
    }
}

extension PrefixSegments: Equatable {
    package static func == (one: Self, other: Self) -> Bool { one.elementsEqual(other) }
}
