import Glibc
import Testing

@testable import Providers

/// docs/fidelity.md is printed from the table that the translators act by. `TOLLGATE_WRITE_DOCS=1 swift test --filter
/// FidelityDocumentTests` writes it anew.
@Suite struct FidelityDocumentTests {
    private static let introduction = """
        # What becomes of a request in another dialect

        A Messages request that goes to Anthropic, or to Claude in a cloud, is forwarded: its bytes are the client's. One that goes to another
        provider is said in that provider's dialect, and not everything can be said there. For each part this page says whether it is

        - **forwarded**: goes out as it came,
        - **translated**: says the same in other words,
        - **approximated**: says nearly the same,
        - **dropped**: is left out,
        - **rejected**: makes the gateway refuse the request, with an error that names it.

        Half of a character (a lone `\\ud83d`, as output that was cut leaves it) becomes U+FFFD, as most providers refuse a request that holds one.

        Each translated request has a receipt of what became of its parts: as the event `tollgate.fidelity` of the attempt's span, and in the
        answer's header `x-tollgate-fidelity` if the request had a header of that name. With `fidelity: reject` in a provider's settings a request is
        refused when a part would be approximated or dropped that could change what the model says; parts marked with ° could not.

        The table is printed from the code that does it (`Sources/Providers/Fidelity`). What a model takes may differ from what its API takes; the
        remarks say where.

        | part | Chat Completions | Responses | Gemini generateContent | Bedrock Converse |
        |---|---|---|---|---|

        """

    private var document: String {
        Self.introduction
            + RequestFeature.allCases.map { feature in
                let cells = [Dialect.chatCompletions, .responses, .generateContent, .converse].map { dialect in
                    let rule = feature.rule(dialect)
                    let remark = "\(rule.remark)"
                    return remark.isEmpty ? "\(rule.fidelity.name)" : "\(rule.fidelity.name): \(remark)"
                }
                let mark = feature.mattersToAnswer ? "" : "°"
                return "| `\(feature.name)`\(mark) | \(cells.joined(separator: " | ")) |\n"
            }.joined()
    }

    private static func read() throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var text: [UInt8] = []
        while true {
            let byte = getc(file)
            guard byte != EOF else { return String(decoding: text, as: UTF8.self) }
            text.append(UInt8(byte))
        }
    }

    private static let path =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/docs/fidelity.md"

    @Test("docs/fidelity.md is what the code does")
    func isCurrent() throws {
        if getenv("TOLLGATE_WRITE_DOCS") != nil {
            let file = try #require(fopen(Self.path, "w"))
            fputs(document, file)
            fclose(file)
        }
        #expect(try Self.read() == document)
    }
}
