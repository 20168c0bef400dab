import Configuration
import Wire

// What the ledger has no room for it leaves out: first what no budget and no limit looks at, so that accounts are the same after a
// restart.

extension RuleBook {
    /// The groups of a caller as one text, with commas between, those first that a rule names. A comma or backslash of a name has a
    /// backslash before it.
    package func text(ofGroups groups: [String], limit: Int) -> String {
        let whole = Self.text(groups)
        guard whole.utf8.count > limit else { return whole }
        let named = groups.filter { group in matches.contains { $0.names(group: group) } }
        return Self.text(named + groups.filter { !named.contains($0) })
    }

    private static func text(_ groups: [String]) -> String {
        var text = String.UnicodeScalarView()
        for group in groups {
            if !text.isEmpty { text.append(",") }
            for scalar in group.unicodeScalars {
                if scalar == "," || scalar == "\\" { text.append("\\") }
                text.append(scalar)
            }
        }
        return String(text)
    }

    /// The groups of such a text. If it was cut within a name, that name is not among them.
    package static func groups(ofText text: String) -> [String] {
        var groups: [String] = [], group = String.UnicodeScalarView(), isEscaped = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\" where !isEscaped: isEscaped = true
            case "," where !isEscaped:
                groups.append(String(group))
                group = String.UnicodeScalarView()
            default:
                group.append(scalar)
                isEscaped = false
            }
        }
        if !isEscaped { groups.append(String(group)) }
        return groups.filter { !$0.isEmpty }
    }

    /// The tags as a JSON object for the ledger; if that has more than `limit` bytes only those that a rule looks at, the shortest
    /// first, as many as fit.
    package func json(of metadata: Metadata, limit: Int) -> [UInt8] {
        guard metadata.json.count > limit else { return metadata.json }
        var names = Set(matches.flatMap(\.tagNames))
        for case .metadata(let name) in rules.budgets.flatMap(\.appliesPer) + rules.rates.flatMap(\.appliesPer) {
            names.insert(name)
        }
        func size(_ tag: (name: String, value: String)) -> Int { tag.name.utf8.count + tag.value.utf8.count }
        var kept: [(name: String, value: String)] = [], json: [UInt8] = []
        let looked = metadata.tags.filter { tag in names.contains { $0.isExactly(tag.name) } }
        for tag in looked.sorted(by: { size($0) < size($1) }) {
            kept.append(tag)
            let longer = Metadata(tags: kept).json
            guard longer.count <= limit else { break }
            json = longer
        }
        return json
    }

    private var matches: [RuleMatch] { rules.budgets.map(\.when) + rules.rates.map(\.when) }
}

extension RuleMatch {
    fileprivate func names(group: String) -> Bool { groups.match(group) || not.contains { $0.names(group: group) } }

    fileprivate var tagNames: [String] { Array(metadata.keys) + not.flatMap(\.tagNames) }
}
