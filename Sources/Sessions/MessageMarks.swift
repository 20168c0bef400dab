import Wire

/// Finds the messages of a conversation with their role, content and blocks, by the marks of the upper four levels of the array.
struct MessageMarks {
    /// A message, by its places in the text.
    struct Message {
        fileprivate(set) var range = 0..<0
        /// Between its quotes; empty as long as it is not known.
        fileprivate(set) var role = 0..<0
        /// With its quotes, if the content is a string.
        fileprivate(set) var string: Range<Int>?
        /// Of its content.
        fileprivate(set) var blocks = 0
        /// Of its first block.
        fileprivate(set) var type: Range<Int>?
    }

    /// A block of a message's content, by its places in the text; strings with their quotes. Of two members with one name the last counts.
    struct Block {
        fileprivate(set) var type: Range<Int>?
        fileprivate(set) var text: Range<Int>?
        fileprivate(set) var toolUseID: Range<Int>?
        /// Of any kind; there may be blanks around it.
        fileprivate(set) var content: Range<Int>?
        fileprivate(set) var isError: Range<Int>?
        fileprivate(set) var range: Range<Int>
    }

    /// What ends with a mark.
    enum End {
        case block(Block)
        case message
    }

    /// Of a message or of a block.
    private enum Member { case role, content, type, text, toolUseID, isError, other }

    private let text: UnsafeRawBufferPointer
    /// The one that is being read, or ended with the last mark.
    private(set) var message = Message()
    private var block = Block(range: 0..<0)
    private var depth: Int
    private var isInString = false, isKey = false, isInContent = false
    private var member = Member.other
    /// Of the string or of the member's value.
    private var start = 0, valueStart = 0

    /// - Parameters:
    ///   - text: the array `messages`.
    ///   - start: where the marks begin: 0, or at a message.
    init(_ text: UnsafeRawBufferPointer, from start: Int = 0) {
        self.text = text
        depth = start > 0 ? 1 : 0
    }

    /// Containers around what is looked at.
    static let levels = 4

    private var isInBlock: Bool { depth == 4 && isInContent }

    /// Reads the next mark.
    mutating func take(_ mark: Int) -> End? {
        let byte = text[mark]
        if byte == UInt8(ascii: "\"") {
            quote(mark)
            return nil
        }
        switch byte {
        case UInt8(ascii: ":"):
            isKey = false
            valueStart = mark + 1
        case UInt8(ascii: ","): if depth == 2 || isInBlock { nextMember(mark) }
        case UInt8(ascii: "{"), UInt8(ascii: "["): open(mark, isObject: byte == UInt8(ascii: "{"))
        default: return close(mark)
        }
        return nil
    }

    private mutating func quote(_ mark: Int) {
        isInString.toggle()
        if isInString {
            start = mark
        } else if isKey {
            member = Self.member(JSONString(quoted: start..<mark + 1, in: text))
        } else if depth == 2 {
            if member == .role { message.role = start + 1..<mark }
            if member == .content { message.string = start..<mark + 1 }
        } else if isInBlock {
            blockString(start..<mark + 1)
        }
    }

    private static func member(_ name: JSONString) -> Member {
        if name.equals("type") { return .type }
        if name.equals("text") { return .text }
        if name.equals("role") { return .role }
        if name.equals("content") { return .content }
        if name.equals("is_error") { return .isError }
        return name.equals("tool_use_id") ? .toolUseID : .other
    }

    private mutating func blockString(_ string: Range<Int>) {
        switch member {
        case .type: block.type = string
        case .text: block.text = string
        case .toolUseID: block.toolUseID = string
        default: break
        }
    }

    /// At the comma or the end behind a member.
    private mutating func nextMember(_ mark: Int) {
        if depth == 4 {
            if member == .content { block.content = valueStart..<mark }
            if member == .isError { block.isError = valueStart..<mark }
        }
        (isKey, member) = (true, .other)
    }

    private mutating func open(_ mark: Int, isObject: Bool) {
        depth += 1
        switch depth {
        case 2:
            message = Message()
            message.range = mark..<mark
            (isKey, member, isInContent) = (isObject, .other, false)
        case 3: isInContent = member == .content && !isObject
        case 4 where isInContent:
            block = Block(range: mark..<mark)
            (isKey, member) = (isObject, .other)
        default: break
        }
    }

    private mutating func close(_ mark: Int) -> End? {
        if isInBlock { nextMember(mark) }
        depth -= 1
        switch depth {
        case 3 where isInContent:
            block.range = block.range.lowerBound..<mark + 1
            if message.blocks == 0 { message.type = block.type }
            message.blocks += 1
            isKey = false
            return .block(block)
        case 2: isInContent = false
        case 1:
            message.range = message.range.lowerBound..<mark + 1
            return .message
        default: break
        }
        return nil
    }
}
