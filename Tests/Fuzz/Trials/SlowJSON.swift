/// RFC 8259 read in the plainest way, to compare the fast readers with. Whether strings are UTF-8 is not looked at.
struct SlowJSON {
    /// Containers within one another at most.
    private(set) var depth = 0
    /// Elements of the outermost container.
    private(set) var members = 0
    /// Where the outermost value begins and ends.
    private(set) var range = 0..<0
    /// Marks outside of strings and quotes, with the number of containers around each.
    private(set) var marks: [(offset: Int, level: Int)] = []

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var level = 0

    private struct Fault: Error {}

    /// `nil`: it is no JSON.
    init?(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        do {
            skipBlanks()
            let start = position
            try value()
            range = start..<position
            skipBlanks()
        } catch {
            return nil
        }
        if position != bytes.count { return nil }
    }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take(_ wanted: Character) throws {
        guard byte == wanted.asciiValue else { throw Fault() }
        position += 1
    }

    private mutating func mark() { marks.append((position, level)) }

    private mutating func value() throws {
        switch byte.map({ Character(Unicode.Scalar($0)) }) {
        case "{":
            try container("}") { json throws in
                try json.string()
                json.skipBlanks()
                json.mark()
                try json.take(":")
                json.skipBlanks()
                try json.value()
            }
        case "[": try container("]") { json throws in try json.value() }
        case "\"": try string()
        case "t": try literal("true")
        case "f": try literal("false")
        case "n": try literal("null")
        default: try number()
        }
    }

    private mutating func container(_ end: Character, _ element: (inout SlowJSON) throws -> Void) throws {
        // A reader of the same depth as ours would end up on the same stack: beyond this it counts as none.
        guard level < 1_200 else { throw Fault() }
        mark()
        position += 1
        level += 1
        depth = max(depth, level)
        skipBlanks()
        if byte != end.asciiValue {
            while true {
                if level == 1 { members += 1 }
                try element(&self)
                skipBlanks()
                if byte == end.asciiValue { break }
                mark()
                try take(",")
                skipBlanks()
            }
        }
        level -= 1
        mark()
        position += 1
    }

    private mutating func string() throws {
        mark()
        try take("\"")
        while let byte, byte != 0x22 {
            guard byte >= 0x20 else { throw Fault() }
            position += 1
            guard byte == 0x5C else { continue }
            guard let letter = self.byte else { throw Fault() }
            position += 1
            if letter == UInt8(ascii: "u") {
                for _ in 0..<4 {
                    guard let digit = self.byte, Character(Unicode.Scalar(digit)).isHexDigit, digit < 0x80 else {
                        throw Fault()
                    }
                    position += 1
                }
            } else if !Array("\"\\/bfnrt".utf8).contains(letter) {
                throw Fault()
            }
        }
        mark()
        try take("\"")
    }

    private mutating func literal(_ text: String) throws { for letter in text { try take(letter) } }

    private mutating func number() throws {
        if byte == UInt8(ascii: "-") { position += 1 }
        if byte == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if byte == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            position += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
    }

    private mutating func digits() throws {
        guard let byte, (0x30...0x39).contains(byte) else { throw Fault() }
        while let byte = self.byte, (0x30...0x39).contains(byte) { position += 1 }
    }
}
