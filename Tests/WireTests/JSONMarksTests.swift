import SeededRandom
import Testing

@testable import Wire

@Suite struct JSONMarksTests {
    private func marks(_ text: String, levels: Int) -> String? {
        let bytes = Array(text.utf8)
        var found: [UInt8] = []
        let isWhole = bytes.withUnsafeBytes { text in
            JSONMarks.read(text, levels: levels) { for mark in $0 { found.append(text[mark]) } }
        }
        return isWhole ? String(decoding: found, as: UTF8.self) : nil
    }

    @Test("Marks of deeper levels are told only where they are asked for")
    func levels() {
        let text = #"[{"a":[1,{"b":2}]},"x,y"]"#
        #expect(marks(text, levels: 1) == #"[{},""]"#)
        #expect(marks(text, levels: 2) == #"[{"":[]},""]"#)
        #expect(marks(text, levels: 3) == #"[{"":[,{}]},""]"#)
        #expect(marks(text, levels: 4) == #"[{"":[,{"":}]},""]"#)
        #expect(marks("[[}", levels: 1) == nil && marks("[", levels: 1) == nil && marks("", levels: 1) == nil)
    }

    @Test("Elements of an array, wherever they stand to the blocks of 64 bytes")
    func elements() {
        for padding in 0..<130 {
            let inner = String(repeating: "x", count: padding)
            let text = Array(#"[ {"a":"\#(inner)]"} , 12 ,"b,\"" ,[[],{}],null ]"#.utf8)
            text.withUnsafeBytes { text in
                let found = JSONMarks.elements(text, limit: 5)?.map { String(decoding: text.slice($0), as: UTF8.self) }
                #expect(found == [#"{"a":"\#(inner)]"}"#, "12", #""b,\"""#, "[[],{}]", "null"])
                #expect(JSONMarks.elements(text, limit: 4) == nil)
            }
        }
        Array("[ ]".utf8).withUnsafeBytes { #expect(JSONMarks.elements($0, limit: 1) == []) }
        Array("{}".utf8).withUnsafeBytes { #expect(JSONMarks.elements($0, limit: 1) == nil) }
    }

    @Test("A text is found wherever it stands, and near misses are not")
    func finding() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0..<300, using: &generator)
            let bytes = (0..<count).map { _ in Array(#""cache_control"#.utf8).randomElement(using: &generator) ?? 0 }
            let place = Int.random(in: 0...count, using: &generator)
            let whole = Array(bytes[..<place]) + Array(#""cache_control""#.utf8) + Array(bytes[place...])
            whole.withUnsafeBytes { #expect($0.firstIndex(of: "\"cache_control\"") == place) }
            bytes.withUnsafeBytes { #expect($0.firstIndex(of: "\"cache_control\"") == nil) }
        }
    }
}
