import Wire

/// Finds the messages of a conversation with their role, content and blocks, by the marks of the upper four levels of the array.
struct MessageMarks {
    /// A message, by its places in the text.
    struct Message {
        fileprivate(set) var range = 0..<0
        /// Between its quotes.
        fileprivate(set) var role = 0..<0
        /// With its quotes, if the content is a string.
        fileprivate(set) var string: Range<Int>?
        fileprivate(set) var blocks: [Block] = []
    }

    /// A block of a message's content, by its places in the text; strings with their quotes.
    struct Block {
        fileprivate(set) var type: Range<Int>?
        fileprivate(set) var text: Range<Int>?
        fileprivate(set) var toolUseID: Range<Int>?
        /// Of any kind.
        fileprivate(set) var content: Range<Int>?
        fileprivate(set) var isError: Range<Int>?
        fileprivate(set) var range: Range<Int>
    }

    /// Of a message or of a block.
    private enum Member { case role, content, type, text, toolUseID, isError, other }

    private let text: UnsafeRawBufferPointer
    private var message = Message()
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

    /// Reads the next mark. Gives the message that ends with it.
    mutating func take(_ mark: Int) -> Message? {
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
        } else if depth == 2 {
            if isKey {
                let key = text.slice(start + 1..<mark)
                member = key.equals("content") ? .content : key.equals("role") ? .role : .other
            } else if member == .role {
                message.role = start + 1..<mark
            } else if member == .content {
                message.string = start..<mark + 1
            }
        } else if isInBlock {
            if isKey { member = Self.member(text.slice(start + 1..<mark)) } else { blockString(start..<mark + 1) }
        }
    }

    /// Of a block.
    private static func member(_ key: UnsafeRawBufferPointer) -> Member {
        switch key.count {
        case 4: key.equals("type") ? .type : key.equals("text") ? .text : .other
        case 7: key.equals("content") ? .content : .other
        case 8: key.equals("is_error") ? .isError : .other
        case 11: key.equals("tool_use_id") ? .toolUseID : .other
        default: .other
        }
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
            message.range = mark..<mark
            message.role = 0..<0
            message.string = nil
            message.blocks.removeAll(keepingCapacity: true)
            (isKey, member, isInContent) = (isObject, .other, false)
        case 3: isInContent = member == .content && !isObject
        case 4 where isInContent:
            block = Block(range: mark..<mark)
            (isKey, member) = (isObject, .other)
        default: break
        }
    }

    private mutating func close(_ mark: Int) -> Message? {
        if isInBlock { nextMember(mark) }
        depth -= 1
        switch depth {
        case 3 where isInContent:
            block.range = block.range.lowerBound..<mark + 1
            message.blocks.append(block)
        case 2: isInContent = false
        case 1:
            message.range = message.range.lowerBound..<mark + 1
            return message
        default: break
        }
        return nil
    }
}
