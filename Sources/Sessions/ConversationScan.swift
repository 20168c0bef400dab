import Wire

extension Conversation {
    /// Segments that are told apart, at most; later messages are joined to the last.
    package static let maximumSegments = 4_096

    /// So much is read at once, in bytes, in some milliseconds: other requests wait meanwhile.
    package static let maximumNewBytes = 4 << 20

    /// Reads the conversation out of the body of a Messages request. HOT: once for every request to a model, a few gigabytes per
    /// second; nothing is decoded but the ids of the newest results.
    ///
    /// What is not as the Messages API describes it gives no segments: nothing is thrown, as the upstream is the one to say so. Neither
    /// does a body that has more than `maximumNewBytes` of what is not known.
    ///
    /// - Parameters:
    ///   - body: the whole body, which was found to be a JSON object.
    ///   - members: those of its first level.
    package init(body: UnsafeRawBufferPointer, members: [JSONMember]) {
        self.init(
            body: body, members: members, knowing: KnownConversation(learns: false), trail: PrefixTrail(caller: 0))
    }

    /// The same for a conversation of which something is known: only what is new in it is read.
    ///
    /// - Parameters:
    ///   - known: what an earlier body had; learns what this one has.
    ///   - trail: how this one begins.
    init(
        body: UnsafeRawBufferPointer, members: [JSONMember], knowing known: KnownConversation, trail: PrefixTrail
    ) {
        self.init()
        var tools: Range<Int>?, system: Range<Int>?, messages: Range<Int>?
        for member in members {
            let value = member.value
            switch member.key.count {
            case 5:
                if member.keyEquals("tools", in: body) { tools = value }
                if member.keyEquals("speed", in: body) { parameters.speed = hash(value, body) }
            case 6: if member.keyEquals("system", in: body) { system = value }
            case 8:
                if member.keyEquals("messages", in: body) { messages = value }
                if member.keyEquals("thinking", in: body) { parameters.thinking = hash(value, body) }
            case 11: if member.keyEquals("tool_choice", in: body) { parameters.toolChoice = hash(value, body) }
            case 13:
                if member.keyEquals("output_config", in: body) { parameters.outputConfig = hash(value, body) }
                if member.keyEquals("cache_control", in: body) { automaticMark = mark(value, body) }
            case 18:
                if member.keyEquals("context_management", in: body) { parameters.contextManagement = hash(value, body) }
            default: break
            }
        }
        guard (tools?.count ?? 0) + (system?.count ?? 0) <= Self.maximumNewBytes else { return }
        // In the order in which they are cached.
        if let tools { read(body.slice(tools), &known.tools) { $0.read(tools: $1) } }
        if let system { read(body.slice(system), &known.system) { $0.read(system: $1) } }
        if let messages { read(messages: MessagesText(body, messages, trail), known) }
    }

    /// A part of the body that seldom changes.
    private mutating func read(
        _ text: UnsafeRawBufferPointer, _ known: inout KnownConversation.Part,
        _ read: (inout Conversation, UnsafeRawBufferPointer) -> Void
    ) {
        if known.isSame(text) { return segments.share(known.segments) }
        let first = segments.count
        Self.compact(text) { read(&self, $0) }
        known = KnownConversation.Part(text, segments[first...])
    }

    private mutating func read(messages: MessagesText, _ known: KnownConversation) {
        guard !Self.hasBlanks(messages.bytes) else {
            guard messages.bytes.count <= Self.maximumNewBytes else { return forgetAll(known) }
            known.forgetMessages()
            return SignificantBytes.of(messages.bytes).withUnsafeBytes { compact in
                readMessages(
                    MessagesText(compact, 0..<compact.count, PrefixTrail(caller: 0)), KnownConversation(learns: false))
            }
        }
        readMessages(messages, known)
    }

    /// Of most conversations a segment has more.
    private static let segmentBytes = 768

    private func hash(_ value: Range<Int>, _ body: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0
        Self.compact(body.slice(value)) { hash = SegmentHasher.hash($0) }
        return hash
    }

    private func mark(_ value: Range<Int>, _ body: UnsafeRawBufferPointer) -> CacheMark? {
        var cursor = JSONCursor(body.slice(value))
        return (try? CacheCuts.mark(&cursor)) ?? nil
    }

    /// Lends a text without white space between its parts. Most texts have none; whoever writes some writes them everywhere, so
    /// that the first few bytes tell.
    private static func compact(_ text: UnsafeRawBufferPointer, _ read: (UnsafeRawBufferPointer) -> Void) {
        guard hasBlanks(text) else { return read(text) }
        SignificantBytes.of(text).withUnsafeBytes(read)
    }

    private static func hasBlanks(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count > 2, text[0] != UInt8(ascii: "\"") else { return false }
        let space = UInt8(ascii: " ")
        if text[1] <= space || text[text.count - 2] <= space { return true }
        // The colon behind the first name, and what follows the first comma.
        guard let quote = text.firstIndex(of: UInt8(ascii: "\""), in: 0..<min(8, text.count)),
            let name = JSONString(in: text, at: quote + 1)
        else { return false }
        var place = quote + name.bytes.count + 2
        if place + 1 < text.count, text[place] <= space || text[place + 1] <= space { return true }
        guard place + 1 < text.count, text[place + 1] == UInt8(ascii: "\""),
            let value = JSONString(in: text, at: place + 2)
        else { return false }
        place += value.bytes.count + 3
        return place + 1 < text.count && (text[place] <= space || text[place + 1] <= space)
    }

    // MARK: Tools and system

    private mutating func read(tools: UnsafeRawBufferPointer) {
        guard let places = JSONMarks.elements(tools, limit: Self.maximumSegments / 2) else { return }
        var hasher = SegmentHasher(tools)
        for (index, place) in places.enumerated() { add(.tools, index, hasher.hash(place)) }
    }

    private mutating func read(system: UnsafeRawBufferPointer) {
        var hasher = SegmentHasher(system)
        if system.first == UInt8(ascii: "\"") {
            let whole = 0..<system.count
            return add(.system, 0, hasher.hash(whole, string: whole))
        }
        guard let places = JSONMarks.elements(system, limit: Self.maximumSegments / 4) else { return }
        for (index, place) in places.enumerated() {
            add(.system, index, hasher.hash(place))
            guard index == 0 else { continue }
            let head = system.slice(place.lowerBound..<min(place.lowerBound + 80, place.upperBound))
            segments[segments.count - 1].isAttribution = head.firstIndex(of: "\"x-anthropic-billing-header:") != nil
        }
    }

    private mutating func add(_ kind: PrefixSegment.Kind, _ index: Int, _ found: SegmentHasher.Found) {
        var segment = PrefixSegment(kind: kind, index: index, hash: found.hash, bytes: found.bytes)
        segment.mark = found.mark
        segments.append(segment)
    }

    // MARK: Messages

    private mutating func readMessages(_ text: MessagesText, _ known: KnownConversation) {
        let messages = text.bytes
        guard messages.first == UInt8(ascii: "[") else { return known.forgetMessages() }
        let first = segments.count
        let start = known.resume(&self, text)
        guard messages.count - start <= Self.maximumNewBytes else { return forgetAll(known) }
        segments.reserve(min(Self.maximumSegments, 2 + (messages.count - start) / Self.segmentBytes))
        var hasher = SegmentHasher(messages, from: start), marks = MessageMarks(messages, from: start)
        var asked = Asked(key: promptKey)
        // Results in what came since the newest answer.
        var newest: [MessageMarks.Block] = []
        let isWhole = JSONMarks.read(messages, levels: MessageMarks.levels, from: start) { places in
            for place in places {
                switch marks.take(place) {
                case nil: break
                case .block(let block): asked.take(block, of: marks.message, messages)
                case .message:
                    let message = marks.message
                    let found = hasher.hash(message.range, string: message.string)
                    take(message, found, messages, asked, &newest)
                    known.learn(self, text, end: message.range.upperBound, behind: first)
                    asked = Asked(key: promptKey)
                }
            }
        }
        guard isWhole else { return forgetAll(known) }
        known.keep(segments[first...])
        toolResults = newest.compactMap { ToolResult($0, messages) }
    }

    /// Nothing can be said of the messages, and so nothing of what a cache should have.
    private mutating func forgetAll(_ known: KnownConversation) {
        known.forgetMessages()
        var nothing = Conversation()
        (nothing.parameters, nothing.automaticMark) = (parameters, automaticMark)
        self = nothing
    }

    private mutating func take(
        _ message: MessageMarks.Message, _ found: SegmentHasher.Found, _ messages: UnsafeRawBufferPointer,
        _ asked: borrowing Asked, _ newest: inout [MessageMarks.Block]
    ) {
        let role = MessageRole(messages.slice(message.role))
        if role == .assistant { newest.removeAll() }
        if role == .user {
            newest += asked.results
            readQuestion(message.string.map(messages.inside), asked)
        }
        let index = messageCount
        messageCount += 1
        if segments.count == Self.maximumSegments {
            segments[segments.count - 1].join(found, message)
            isJoined = true
            return
        }
        add(.message, index, found)
        segments[segments.count - 1].role = role
        segments[segments.count - 1].blocks = message.string == nil ? message.blocks : 1
        guard role == .assistant, let type = message.type else { return }
        let name = JSONString(quoted: type, in: messages)
        segments[segments.count - 1].thinks = name.equals("thinking") || name.equals("redacted_thinking")
    }

    private mutating func readQuestion(_ string: UnsafeRawBufferPointer?, _ asked: borrowing Asked) {
        var question = asked.question, key = asked.key
        if let string {
            question.take(JSONString(literal: "text"), string)
            key = SegmentHasher.hash(string, after: key)
        }
        guard question.isPrompt else { return }
        promptIndex = messageCount
        promptCount += 1
        promptKey = key
    }
}

/// What the blocks of a message say that may be a person's.
private struct Asked {
    private(set) var question = Question()
    /// The key of the prompt that it is, if it is one.
    private(set) var key: UInt64
    private(set) var results: [MessageMarks.Block] = []

    init(key: UInt64) { self.key = key }

    mutating func take(
        _ block: MessageMarks.Block, of message: MessageMarks.Message, _ messages: UnsafeRawBufferPointer
    ) {
        // Who speaks may be said behind the content.
        guard message.role.isEmpty || messages.slice(message.role).equals("user") else { return }
        let type = block.type.map { JSONString(quoted: $0, in: messages) }
        let text = type?.equals("text") == false ? nil : block.text.map(messages.inside)
        if question.take(type, text) { key = SegmentHasher.hash(text ?? messages.slice(block.range), after: key) }
        if block.toolUseID != nil, type?.equals("tool_result") == true { results.append(block) }
    }
}

extension PrefixSegment {
    /// Takes another message in.
    fileprivate mutating func join(_ found: SegmentHasher.Found, _ message: MessageMarks.Message) {
        hash = SegmentHasher.join(hash, found.hash)
        mark = found.mark ?? mark
        bytes += found.bytes
        blocks += message.blocks
    }
}

extension MessageRole {
    fileprivate init(_ name: UnsafeRawBufferPointer) {
        self =
            name.equals("user")
            ? .user : name.equals("assistant") ? .assistant : name.equals("system") ? .system : .other
    }
}

extension ToolResult {
    /// Of a block of the type `tool_result`; `nil` for one without an id.
    fileprivate init?(_ block: MessageMarks.Block, _ messages: UnsafeRawBufferPointer) {
        guard let place = block.toolUseID, let id = try? JSONString(quoted: place, in: messages).decoded(), !id.isEmpty
        else { return nil }
        self.init(
            id: id,
            isError: block.isError.map { messages.slice(messages.trimmingWhitespace($0)).equals("true") } ?? false,
            bytes: block.content.map { messages.trimmingWhitespace($0).count } ?? 0)
    }
}

extension UnsafeRawBufferPointer {
    /// What stands between the quotes of a string.
    fileprivate func inside(_ string: Range<Int>) -> UnsafeRawBufferPointer {
        slice(string.lowerBound + 1..<string.upperBound - 1)
    }
}
