import Wire

/// The value of `messages` where it stands in its body.
struct MessagesText {
    let bytes: UnsafeRawBufferPointer
    private let body: UnsafeRawBufferPointer
    private let start: Int
    private let trail: PrefixTrail

    init(_ body: UnsafeRawBufferPointer, _ range: Range<Int>, _ trail: PrefixTrail) {
        bytes = body.slice(range)
        self.body = body
        start = range.lowerBound
        self.trail = trail
    }

    /// Of the body up to a place in the text.
    func mark(_ end: Int) -> PrefixTrail.Mark { trail.mark(start + end, in: body) }

    func has(_ mark: PrefixTrail.Mark, at end: Int) -> Bool { trail.has(mark, at: start + end, in: body) }
}

/// What the last body of a conversation had, as hashes of its bytes: of the next body, which is the same with something added, the
/// part that is the same need not be read again. An object: it is changed where it stands in its table.
final class KnownConversation {
    /// The value of `tools` or `system`.
    struct Part {
        private var hash: UInt64 = 0
        private var count = 0
        private(set) var segments: [PrefixSegment] = []

        init() {}

        init(_ text: UnsafeRawBufferPointer, _ segments: Slice<PrefixSegments>) {
            hash = SegmentHasher.hash(text)
            count = text.count
            self.segments = Array(segments)
        }

        func isSame(_ text: UnsafeRawBufferPointer) -> Bool {
            text.count == count && SegmentHasher.hash(text) == hash
        }
    }

    /// Some messages up to an answer of the model and the comma behind it, and what was found in all up to there.
    private struct Piece {
        /// In the array.
        let end: Int
        /// Of the body up to there, and of this piece alone.
        var mark: PrefixTrail.Mark
        let hash: UInt64
        let segments: Int
        let promptIndex: Int?
        let promptKey: UInt64
        let promptCount: Int
        let messageCount: Int
    }

    var tools = Part(), system = Part()
    private let learns: Bool
    private var pieces: [Piece] = []
    private var segments: [PrefixSegment] = []

    /// - Parameter learns: somebody will ask again.
    init(learns: Bool = true) { self.learns = learns }

    /// Shorter ones are not worth their place.
    private static let pieceBytes = 2_048

    /// What it weighs, in segments.
    var size: Int { tools.segments.count + system.segments.count + segments.count + pieces.count + 4 }

    func forgetMessages() {
        pieces = []
        segments = []
    }

    /// Gives a conversation the messages that are known, and forgets those that are not sent any more.
    ///
    /// - Returns: where in the array the first that is not known begins; 0: none is.
    func resume(_ conversation: inout Conversation, _ messages: MessagesText) -> Int {
        let room = Conversation.maximumSegments - conversation.segments.count
        let same = pieces.lastIndex { $0.segments <= room && messages.has($0.mark, at: $0.end) }
        pieces.removeLast(pieces.count - (same.map { $0 + 1 } ?? renew(messages, room)))
        segments.removeLast(segments.count - (pieces.last?.segments ?? 0))
        guard let last = pieces.last else { return 0 }
        conversation.segments.share(segments)
        conversation.promptIndex = last.promptIndex
        conversation.promptKey = last.promptKey
        conversation.promptCount = last.promptCount
        conversation.messageCount = last.messageCount
        return last.end
    }

    /// What stands in front of the messages is another: finds how many pieces are the same all the same.
    private func renew(_ messages: MessagesText, _ room: Int) -> Int {
        var start = 1
        for index in pieces.indices {
            let piece = pieces[index]
            guard piece.end <= messages.bytes.count, piece.segments <= room,
                SegmentHasher.hash(messages.bytes.slice(start..<piece.end)) == piece.hash
            else { return index }
            pieces[index].mark = messages.mark(piece.end)
            start = piece.end
        }
        return pieces.count
    }

    /// Learns, behind a message that ends at `end`, if a later body may be taken up here: behind an answer nothing is pending.
    ///
    /// - Parameter first: segments of the conversation in front of its messages.
    func learn(
        _ conversation: borrowing Conversation, _ messages: MessagesText, end: Int, behind first: Int
    ) {
        let start = pieces.last?.end ?? 1
        guard learns, end - start >= Self.pieceBytes, end < messages.bytes.count,
            messages.bytes[end] == UInt8(ascii: ","),
            conversation.segments.last?.role == .assistant, !conversation.isJoined
        else { return }
        pieces.append(
            Piece(
                end: end + 1, mark: messages.mark(end + 1),
                hash: SegmentHasher.hash(messages.bytes.slice(start..<end + 1)),
                segments: conversation.segments.count - first, promptIndex: conversation.promptIndex,
                promptKey: conversation.promptKey, promptCount: conversation.promptCount,
                messageCount: conversation.messageCount))
    }

    /// The segments of all messages, when all were read.
    func keep(_ all: Slice<PrefixSegments>) {
        let needed = pieces.last?.segments ?? 0
        guard needed > segments.count else { return }
        segments += all.dropFirst(segments.count).prefix(needed - segments.count)
    }
}
