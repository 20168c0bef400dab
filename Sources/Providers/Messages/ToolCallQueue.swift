import Wire

/// Tool calls whose parts may come interleaved (T-1): one is told at a time, what belongs to others waits.
struct ToolCallQueue {
    /// A part of a call, as a chunk has it.
    struct Part {
        var index: Int64?
        var id: JSONString?
        var name: JSONString?
        /// A piece of the arguments' text, or the arguments as an object.
        var arguments: JSONString?
        var object: UnsafeRawBufferPointer?
    }

    private struct Waiting {
        let index: Int64
        var id: [UInt8]?
        var name: [UInt8]?
        /// Escaped text.
        var arguments: [UInt8] = []
        var object: [UInt8]?
        var isWhole = false
    }

    /// The call that is being told.
    private var current: Int64?
    /// The others, in the order of their beginning.
    private var waiting: [Waiting] = []
    private var count: Int64 = 0
    /// Those that were told to their end.
    private var ended: Set<Int64> = []
    /// Calls with an id: what the provider calls their place, and their number here.
    private var begun: [(place: Int64, index: Int64, id: [UInt8])] = []

    mutating func add(_ part: Part, _ message: MessageWriter) {
        let index = number(part)
        // Whatever the provider calls a place.
        count = max(count, index &+ 1)
        if ended.contains(index), part.name == nil { return addLate(part, message) }
        if index == current { return tell(part, message) }
        if let place = waiting.firstIndex(where: { $0.index == index }) {
            keep(part, at: place)
        } else {
            waiting.append(Waiting(index: index))
            keep(part, at: waiting.count - 1)
        }
        // The call before is whole, so that this one can be told as it comes.
        if waiting.count == 1, current == nil || message.openToolIsComplete { tellNext(message) }
    }

    /// A call is being told, or waits.
    var isBusy: Bool { current != nil || !waiting.isEmpty }

    /// A call has begun and its arguments are not whole: what belongs to no call has to wait for their rest. Where there are none yet, they
    /// come with the next part: OpenAI's calls begin with their name alone.
    func isUnfinished(_ message: MessageWriter) -> Bool {
        if current != nil, !message.openToolIsComplete { return true }
        return waiting.contains { call in
            guard call.object == nil else { return false }
            var decoded = ByteWriter()
            let isDecoded = call.arguments.withUnsafeBytes { bytes in
                (try? JSONString(bytes, hasEscapes: true).append(to: &decoded)) != nil
            }
            return !isDecoded || (try? MessageWriter.isObject(decoded.bytes)) != true
        }
    }

    /// The last call at a place is being told, or waits.
    func knows(_ place: Int64) -> Bool {
        let index = begunAt(place)?.index ?? place
        return index == current || waiting.contains { $0.index == index }
    }

    /// Whether a call is there already: one that was told to its end is another, if its id is.
    func hasBegun(_ place: Int64, id: JSONString?) -> Bool {
        if knows(place) { return true }
        let last = begunAt(place)
        guard ended.contains(last?.index ?? place) else { return false }
        guard let last, let id, !id.bytes.isEmpty else { return true }
        return last.id == Array(id.bytes)
    }

    private func begunAt(_ place: Int64) -> (place: Int64, index: Int64, id: [UInt8])? {
        begun.last { $0.place == place }
    }

    /// Nothing more comes of the call at a place. If it is the one being told, the next can be.
    mutating func end(_ place: Int64, _ message: MessageWriter) {
        let index = begunAt(place)?.index ?? place
        if let next = waiting.firstIndex(where: { $0.index == index }) { waiting[next].isWhole = true }
        guard index == current else { return }
        endCurrent(message)
        while let next = waiting.first, current == nil {
            tellNext(message, isLast: next.isWhole)
            guard next.isWhole else { return }
            endCurrent(message)
        }
    }

    /// Everything that waits is told.
    mutating func flush(_ message: MessageWriter) {
        while !waiting.isEmpty { tellNext(message, isLast: true) }
        endCurrent(message)
    }

    private mutating func endCurrent(_ message: MessageWriter) {
        guard let index = current else { return }
        message.endBlock()
        ended.insert(index)
        current = nil
    }

    /// A block that was ended cannot go on. The call would have half of its arguments, which must not be run (T-38).
    private func addLate(_ part: Part, _ message: MessageWriter) {
        guard part.object != nil || part.arguments.map({ $0.bytes.contains { $0 != 0x20 } }) ?? false else { return }
        message.fail(.unreadable("a call that goes on behind its end"))
    }

    /// Some servers say index 0 for every call and tell them apart by their ids alone (ollama/ollama#7881): another id with a name is
    /// another call.
    private mutating func number(_ part: Part) -> Int64 {
        let place = part.index ?? implied(part)
        let known = begun.lastIndex { $0.place == place }
        guard let id = part.id, !id.bytes.isEmpty, part.name != nil else {
            return known.map { begun[$0].index } ?? place
        }
        if let known {
            if begun[known].id == Array(id.bytes) { return begun[known].index }
            begun.append((place, count, Array(id.bytes)))
            return count
        }
        begun.append((place, place, Array(id.bytes)))
        return place
    }

    /// Servers that leave the index out send a call whole, or go on with the last one.
    private func implied(_ part: Part) -> Int64 { part.name != nil || count == 0 ? count : count - 1 }

    private func tell(_ part: Part, _ message: MessageWriter) {
        if let arguments = part.arguments { message.toolInput(arguments) }
        if let object = part.object { message.toolInput(json: object) }
    }

    private mutating func keep(_ part: Part, at place: Int) {
        if let id = part.id, !id.bytes.isEmpty { waiting[place].id = Array(id.bytes) }
        if let name = part.name, !name.bytes.isEmpty { waiting[place].name = Array(name.bytes) }
        if let arguments = part.arguments { waiting[place].arguments += arguments.bytes }
        if let object = part.object { waiting[place].object = Array(object) }
    }

    /// Begins the first call that waits, if its name is known or must be by now.
    private mutating func tellNext(_ message: MessageWriter, isLast: Bool = false) {
        guard let next = waiting.first, next.name != nil || isLast else { return }
        endCurrent(message)
        waiting.removeFirst()
        current = next.index
        let name = next.name ?? Array("unknown".utf8)
        name.withUnsafeBytes { name in
            if let id = next.id {
                id.withUnsafeBytes {
                    message.tool(id: JSONString($0, hasEscapes: false), name: JSONString(name, hasEscapes: false))
                }
            } else {
                message.tool(id: nil, name: JSONString(name, hasEscapes: false))
            }
        }
        next.arguments.withUnsafeBytes { message.toolInput(JSONString($0, hasEscapes: true)) }
        next.object?.withUnsafeBytes { message.toolInput(json: $0) }
    }
}
