import Configuration
import Testing

@testable import Governance

@Suite struct RuleHistoryTests {
    private func book(_ change: (inout BudgetRule) -> Void) -> RuleBook {
        Sample.book(budgets: [Sample.budget("all", 100, change)])
    }

    @Test("Groups come back as they were, whatever is in their names")
    func groups() {
        let names = ["senior", "CN=Staff,OU=People", "back\\slash", "end\\", "a b", "ümlaut"]
        let text = RuleBook.empty.text(ofGroups: names, limit: 512)
        #expect(RuleBook.groups(ofText: text) == names)
        #expect(RuleBook.empty.text(ofGroups: ["a", "b"], limit: 512) == "a,b")
        #expect(RuleBook.groups(ofText: "") == [])
    }

    @Test("A name that was cut is not taken for another")
    func cut() {
        // As the ledger cuts: before a comma.
        #expect(RuleBook.groups(ofText: #"senior,CN=Staff\"#) == ["senior"])
    }

    @Test("Of too many groups those come first that a rule names, also one that it is not about")
    func order() {
        let many = (0..<100).map { "group-number-\($0)" } + ["senior", "interns"]
        let book = book { rule in
            rule.when.groups = [Glob("senior")]
            var not = RuleMatch()
            not.groups = [Glob("intern*")]
            rule.when.not = [not]
        }
        #expect(book.text(ofGroups: many, limit: 512).hasPrefix("senior,interns,group-number-0,"))
        #expect(book.text(ofGroups: many, limit: 10_000).hasPrefix("group-number-0,"))
    }

    @Test("Of too many tags those are kept that a rule looks at, as many as fit")
    func tags() {
        let book = book { rule in
            rule.when.metadata = ["environment": [Glob("ci")]]
            rule.appliesPer = [.metadata("project")]
        }
        let long = String(repeating: "x", count: 1_000)
        let metadata = Metadata(["environment": "ci", "project": "atlas", "note": long, "other": long])
        let kept = String(decoding: book.json(of: metadata, limit: 1_024), as: UTF8.self)
        #expect(kept == #"{"environment":"ci","project":"atlas"}"#)
        let wide = Metadata(["environment": long + long, "project": "atlas"])
        #expect(String(decoding: book.json(of: wide, limit: 1_024), as: UTF8.self) == #"{"project":"atlas"}"#)
        #expect(book.json(of: metadata, limit: 4_096) == metadata.json)
    }
}
