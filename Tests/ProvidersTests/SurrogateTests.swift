import Testing
import Wire

@testable import Providers

@Suite("Halves of surrogate pairs become replacement characters, however they come")
struct SurrogateTests {
    private typealias Fixture = OpenAIFixture

    private static let texts: [(pieces: [String], expected: String)] = [
        ([#"a\udc00b"#], "a\u{FFFD}b"), ([#"\ud83d b"#], "\u{FFFD} b"), ([#"\ud83d"#, " b"], "\u{FFFD} b"),
        ([#"\ud83d\n"#], "\u{FFFD}\n"), ([#"\ud83d\ud83d\ude00"#], "\u{FFFD}\u{1F600}"),
        ([#"\ud83d"#, #"\ud83d"#, #"\ude00"#], "\u{FFFD}\u{1F600}"), ([#"\uD83D\uDE00"#], "\u{1F600}"),
        ([#"x\ud83d"#, #"\ude00y"#], "x\u{1F600}y"), ([#"\ud83d"#], "\u{FFFD}"), ([#"\\ud83d"#], #"\ud83d"#),
        ([#"\ud83d"#, #"\u00e9"#], "\u{FFFD}\u{e9}"), ([#"\ude00\ud83d"#], "\u{FFFD}\u{FFFD}"),
        ([#"\"\udfff\""#], "\"\u{FFFD}\""), ([#"\ud83dx\ude00"#], "\u{FFFD}x\u{FFFD}"),
    ]

    @Test("In texts and thoughts, streamed and whole", arguments: texts.indices, [MessageWriter.Form.stream, .whole])
    func halves(index: Int, form: MessageWriter.Form) {
        let (pieces, expected) = Self.texts[index]
        let chunks = pieces.map { Fixture.chunk(#""content":"\#($0)""#) }.joined() + Fixture.end("stop")
        #expect(Fixture.local.answer(chunks, form).content.map { $0["text"]?.string } == [expected])
        let thoughts =
            pieces.map { Fixture.chunk(#""reasoning_content":"\#($0)""#) }.joined() + Fixture.chunk(#""content":"so""#)
            + Fixture.end("stop")
        #expect(Fixture.local.answer(thoughts, form).content.first?["thinking"]?.string == expected)
    }
}
