import Wire

/// What an agent has done since its newest prompt, from the body of a Messages request: the figures for a brake on one that runs in
/// circles.
///
/// The conversation is read from its end to the newest prompt of a person (`Question`). A body that is not what the Messages API
/// describes gives `none`. Only for requests that a rule is about: HOT there, so nothing is decoded and no tree is built.
package struct RunawayScan: Sendable, Equatable {
    /// How often the last tool was called with the same input without another call between, the last call included; 0: no call.
    /// Each of several calls in one turn counts. Inputs are the same if they differ in white space between their parts only.
    package private(set) var sameCalls = 0
    /// The name of that tool; empty if there was no call.
    package private(set) var tool = ""
    /// Calls of tools since the last call of one that changes files, that one not included.
    package private(set) var callsWithoutEdit = 0

    package static let none = RunawayScan()

    private init() {}

    /// - Parameter body: the whole body.
    package init(body: UnsafeRawBufferPointer) {
        guard let messages = try? Self.messages(in: body), let scan = try? Self.scanned(messages) else { return }
        self = scan
    }

    /// - Parameter messages: the value of the body's member `messages`, as `JSONMember.value` tells where it is.
    package init(messages: UnsafeRawBufferPointer) {
        guard let scan = try? Self.scanned(messages) else { return }
        self = scan
    }

    private static func messages(in body: UnsafeRawBufferPointer) throws(JSONError) -> UnsafeRawBufferPointer? {
        var cursor = JSONCursor(body)
        var found: Range<Int>?
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let isMessages = key.equals("messages")
            let value = try cursor.skipValue()
            if isMessages { found = value }
        }
        try cursor.finish()
        return found.map { body.slice($0) }
    }

    private static func scanned(_ messages: UnsafeRawBufferPointer) throws(JSONError) -> RunawayScan {
        var places: [Range<Int>] = []
        places.reserveCapacity(256)
        var cursor = JSONCursor(messages)
        try cursor.enterArray()
        while try cursor.nextElement() { places.append(try cursor.skipValue()) }
        try cursor.finish()

        var scan = RunawayScan()
        var run = Run()
        for place in places.reversed() {
            let message = try Message(messages.slice(place))
            if message.isPrompt { break }
            for call in message.calls.reversed() { run.take(call, &scan) }
            if run.isOver { break }
        }
        if let last = run.last, let name = try? last.name.decoded() { scan.tool = name }
        return scan
    }

    /// The walk from the last call to the first.
    private struct Run {
        private(set) var last: ToolCall?
        private var isSame = true, isWithoutEdit = true

        var isOver: Bool { !isSame && !isWithoutEdit }

        mutating func take(_ call: ToolCall, _ scan: inout RunawayScan) {
            let reference = last ?? call
            last = reference
            isSame = isSame && call.isSame(as: reference)
            isWithoutEdit = isWithoutEdit && !call.isEdit
            if isSame { scan.sameCalls += 1 }
            if isWithoutEdit { scan.callsWithoutEdit += 1 }
        }
    }

    // MARK: Messages

    private struct Message {
        private(set) var calls: [ToolCall] = []
        private(set) var isPrompt = false

        init(_ json: UnsafeRawBufferPointer) throws(JSONError) {
            var cursor = JSONCursor(json)
            var role: JSONString?
            var content: Range<Int>?
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("role") {
                    role = try cursor.readString()
                } else if key.equals("content") {
                    content = try cursor.skipValue()
                } else {
                    try cursor.skipValue()
                }
            }
            guard let role, let content else { return }
            var inner = JSONCursor(json.slice(content))
            if role.equals("assistant") {
                try readAnswer(&inner)
            } else if role.equals("user") {
                try readQuestion(&inner)
            }
        }

        private mutating func readAnswer(_ cursor: inout JSONCursor) throws(JSONError) {
            guard try cursor.peekKind() == .array else { return }
            try cursor.enterArray()
            while try cursor.nextElement() {
                let block = try Block(&cursor)
                guard block.type?.equals("tool_use") == true, let name = block.name else { continue }
                calls.append(ToolCall(name: name, input: block.input))
            }
        }

        private mutating func readQuestion(_ cursor: inout JSONCursor) throws(JSONError) {
            let kind = try cursor.peekKind()
            if kind == .string { isPrompt = Question.isSaid(try cursor.readString().bytes) }
            guard kind == .array else { return }
            try cursor.enterArray()
            var question = Question()
            while try cursor.nextElement() {
                let block = try Block(&cursor)
                question.take(block.type, block.text?.bytes)
            }
            isPrompt = question.isPrompt
        }
    }

    /// What matters of a block.
    private struct Block {
        private(set) var type: JSONString?, name: JSONString?, text: JSONString?
        private(set) var input = UnsafeRawBufferPointer(start: nil, count: 0)

        /// Any other value than an object is a block without a type.
        init(_ cursor: inout JSONCursor) throws(JSONError) {
            guard try cursor.peekKind() == .object else {
                try cursor.skipValue()
                return
            }
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("input") {
                    input = cursor.bytes(try cursor.skipValue())
                } else if try cursor.peekKind() != .string {
                    try cursor.skipValue()
                } else if key.equals("type") {
                    type = try cursor.readString()
                } else if key.equals("name") {
                    name = try cursor.readString()
                } else if key.equals("text") {
                    text = try cursor.readString()
                } else {
                    try cursor.skipValue()
                }
            }
        }
    }
}
