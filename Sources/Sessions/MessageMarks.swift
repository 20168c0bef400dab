import Wire

/// Finds the messages of a conversation with their role, content and blocks, by the marks of the upper three levels of the array.
struct MessageMarks {
    /// A message, by its places in the text.
    struct Message {
        fileprivate(set) var range = 0..<0
        /// Between its quotes.
        fileprivate(set) var role = 0..<0
        /// With its quotes, if the content is a string.
        fileprivate(set) var string: Range<Int>?
        fileprivate(set) var blocks: [Range<Int>] = []
    }

    private enum Member { case role, content, other }

    private let text: UnsafeRawBufferPointer
    private var message = Message()
    private var depth: Int
    private var isInString = false, isKey = false, isInContent = false
    private var member = Member.other
    private var start = 0, blockStart = 0

    /// - Parameters:
    ///   - text: the array `messages`.
    ///   - start: where the marks begin: 0, or at a message.
    init(_ text: UnsafeRawBufferPointer, from start: Int = 0) {
        self.text = text
        depth = start > 0 ? 1 : 0
    }

    /// Containers around what is looked at.
    static let levels = 3

    /// Reads the next mark. Gives the message that ends with it.
    mutating func take(_ mark: Int) -> Message? {
        let byte = text[mark]
        if byte == UInt8(ascii: "\"") {
            quote(mark)
            return nil
        }
        switch byte {
        case UInt8(ascii: ":"): if depth == 2 { isKey = false }
        case UInt8(ascii: ","): if depth == 2 { (isKey, member) = (true, .other) }
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
        }
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
        case 4 where isInContent: blockStart = mark
        default: break
        }
    }

    private mutating func close(_ mark: Int) -> Message? {
        depth -= 1
        switch depth {
        case 3 where isInContent: message.blocks.append(blockStart..<mark + 1)
        case 2: isInContent = false
        case 1:
            message.range = message.range.lowerBound..<mark + 1
            return message
        default: break
        }
        return nil
    }
}
