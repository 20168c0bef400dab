import Wire

/// The texts of an XML document's innermost elements by their path, `Outer/Inner`. Reads what STS writes and no more: no
/// comments, sections, document types or entities of their own; attributes are passed over.
struct XMLLeaves {
    private var texts: [String: String] = [:]
    private static let maximumDepth = 16

    subscript(path: String) -> String? { texts[path] }

    init(_ document: [UInt8]) throws(CredentialAnswerFault) {
        guard let text = String(validating: document, as: UTF8.self) else { throw Self.fault }
        var rest = Substring(text).drop(while: \.isWhitespace)
        if rest.hasPrefix("<?xml") {
            guard let end = rest.firstRange(of: "?>") else { throw Self.fault }
            rest = rest[end.upperBound...].drop(while: \.isWhitespace)
        }
        var open: [Substring] = [], isLeaf = false
        repeat {
            // Text up to the next tag, and the tag.
            guard let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") else {
                throw Self.fault
            }
            let content = rest[..<start]
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard let name = open.last, tag.dropFirst() == name else { throw Self.fault }
                if isLeaf { try add(content, at: open) } else { try Self.expectBlank(content) }
                open.removeLast()
                isLeaf = false
            } else {
                try Self.expectBlank(content)
                try enter(tag, &open, &isLeaf)
            }
        } while !open.isEmpty
        try Self.expectBlank(rest)
    }

    private mutating func enter(
        _ tag: Substring, _ open: inout [Substring], _ isLeaf: inout Bool
    ) throws(CredentialAnswerFault) {
        let isEmpty = tag.hasSuffix("/")
        let name = tag.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        let behind = (isEmpty ? tag.dropLast() : tag).dropFirst(name.count)
        guard name.first?.isLetter == true, behind.isEmpty || behind.first?.isWhitespace == true,
            !behind.contains("<"), open.count < Self.maximumDepth, !(isEmpty && open.isEmpty)
        else { throw Self.fault }
        open.append(name)
        isLeaf = !isEmpty
        guard isEmpty else { return }
        try add("", at: open)
        open.removeLast()
    }

    private mutating func add(_ content: Substring, at open: [Substring]) throws(CredentialAnswerFault) {
        let path = open.joined(separator: "/")
        guard texts[path] == nil else { throw CredentialAnswerFault("the answer has an element twice") }
        texts[path] = try Self.unescaped(content)
    }

    /// The five entities that XML has by itself.
    private static func unescaped(_ content: Substring) throws(CredentialAnswerFault) -> String {
        var text = "", rest = content
        while let start = rest.firstIndex(of: "&") {
            text += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ";") else { throw fault }
            guard let character = entities[rest[rest.index(after: start)..<end]] else { throw fault }
            text += character
            rest = rest[rest.index(after: end)...]
        }
        return text + rest
    }

    private static let entities: [Substring: String] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]

    private static func expectBlank(_ text: Substring) throws(CredentialAnswerFault) {
        guard text.allSatisfy(\.isWhitespace) else { throw fault }
    }

    private static let fault = CredentialAnswerFault("the answer is no XML of the expected form")
}
