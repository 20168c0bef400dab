import Testing
import Wire

@testable import Sessions

@Suite("Every loop knows which prompt a request is for")
struct PromptTableTests {
    private func place(
        _ table: inout PromptTable, agent: StaticString = "", prompt: StaticString = "", kind: StaticString = "",
        key: UInt64 = 0,
        tools: Int = 1_000, isCount: Bool = false
    ) -> (place: PromptPlace, isHelping: Bool, news: PromptTable.News?)? {
        var asker = PromptTable.Asker(session: ("session" as StaticString).bytes)
        asker.agent = agent.bytes
        asker.promptID = prompt.bytes
        asker.requestClass = kind.bytes
        asker.promptKey = key
        asker.toolBytes = tools
        asker.isCount = isCount
        return table.place(of: asker)
    }

    @Test("Two loops derive the same trace from the same conversation, without asking")
    func derived() throws {
        var one = PromptTable(), other = PromptTable()
        let left = try #require(place(&one, key: 7)), right = try #require(place(&other, key: 7))
        #expect(left.place == right.place && left.news != nil)
        #expect(try #require(place(&one, key: 7)).news == nil, "told once")
        #expect(try #require(place(&one, key: 8)).place.traceID != left.place.traceID)
    }

    @Test("A subagent stays with the prompt it began in, on every loop")
    func agents() throws {
        var one = PromptTable(), other = PromptTable()
        let main = try #require(place(&one, key: 7))
        other.hear(try #require(main.news))
        let agent = try #require(place(&other, agent: "a", key: 99))
        #expect(agent.place == main.place)
        one.hear(try #require(agent.news))
        let next = try #require(place(&one, key: 8))
        other.hear(try #require(next.news))
        #expect(try #require(place(&one, agent: "a", key: 99)).place == main.place)
        #expect(try #require(place(&other, agent: "b", key: 99)).place == next.place)
    }

    @Test("The client's own id of a prompt counts before all else")
    func hinted() throws {
        var table = PromptTable()
        let first = try #require(place(&table, prompt: "p", kind: "main", key: 1))
        #expect(try #require(place(&table, prompt: "p", kind: "main", key: 2)).place == first.place)
        #expect(try #require(place(&table, agent: "a", prompt: "p", kind: "subagent", key: 3)).place == first.place)
        let sum = try #require(place(&table, kind: "compaction", key: 4))
        #expect(sum.place == first.place && sum.isHelping)
    }

    @Test("What comes with far fewer tools helps the conversation")
    func helping() throws {
        var table = PromptTable()
        #expect(place(&table, key: 5, isCount: true) == nil)
        let main = try #require(place(&table, key: 1))
        for helper in [place(&table, key: 2, tools: 100), place(&table, key: 0), place(&table, isCount: true)] {
            let helper = try #require(helper)
            #expect(helper.place == main.place && helper.isHelping && helper.news == nil)
        }
        #expect(!(try #require(place(&table, key: 2, tools: 500)).isHelping))
    }

    @Test("It forgets what was not heard of for long, and not what was")
    func bounded() throws {
        var table = PromptTable(capacity: 4)
        for number in 0..<100 as Range<UInt64> {
            var asker = PromptTable.Asker(session: ("other" as StaticString).bytes)
            asker.promptKey = number + 1
            _ = table.place(of: asker)
            _ = place(&table, key: 1)
        }
        #expect(try #require(place(&table, key: 0)).isHelping)
    }
}
