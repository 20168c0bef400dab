/// Reads what governs requests: `access`, `budgets`, `rate_limits`, `runaway`, `content_capture`, `metadata` and `time_zone`.
struct RuleReader {
    let base: SnapshotReader
    let names: KnownNames
    /// Of all rules, with the path of the first that has it.
    private var ids: [String: String] = [:]

    /// A rule and where it stands.
    struct Placed<Rule> {
        var rule: Rule
        let mark: YAMLMark
        let path: String
    }

    /// More rules than that make each request slow.
    static let maximumRules = 64

    init(base: SnapshotReader, names: KnownNames) {
        self.base = base
        self.names = names
    }

    var reader: SettingReader { base.reader }

    mutating func read(_ section: inout Section) -> RuleSet {
        var rules = RuleSet()
        rules.zone = readZone(&section)
        rules.metadata = readMetadata(&section)
        let access = readAll(&section, "access") { reader, section, id in reader.readAccess(&section, id) }
        let budgets = readAll(&section, "budgets") { reader, section, id in reader.readBudget(&section, id) }
        let rates = readAll(&section, "rate_limits") { reader, section, id in reader.readRate(&section, id) }
        let runaways = readAll(&section, "runaway") { reader, section, id in reader.readRunaway(&section, id) }
        let contents = readAll(&section, "content_capture") { reader, section, id in reader.readContent(&section, id) }
        let limits = budgets.map { ($0.mark, $0.path) } + rates.map { ($0.mark, $0.path) }
        if limits.count > Self.maximumRules {
            let (mark, path) = limits[Self.maximumRules]
            reader.note(
                mark, path,
                "there are \(limits.count) budgets and rate limits; \(Self.maximumRules) are taken: let a rule count "
                    + "apart for each user or team with `budget_applies_per` in place of a rule for each")
        }
        checkAccess(access)
        checkBudgets(budgets, rules.metadata)
        checkRates(rates, rules.metadata)
        checkContents(contents)
        rules.access = access.map(\.rule)
        rules.budgets = budgets.map(\.rule)
        rules.rates = rates.map(\.rule)
        rules.runaways = runaways.map(\.rule)
        rules.contents = contents.map(\.rule)
        return rules
    }

    private mutating func readAll<Rule>(
        _ section: inout Section, _ name: String,
        _ read: (inout RuleReader, inout Section, String) -> Rule?
    ) -> [Placed<Rule>] {
        var rules: [Placed<Rule>] = []
        for group in section.sections(name) {
            var group = group
            defer { group.finish() }
            let id = readID(&group)
            guard let rule = read(&self, &group, id ?? "") else { continue }
            if id != nil { rules.append(Placed(rule: rule, mark: group.mark, path: group.path)) }
        }
        return rules
    }

    private mutating func readID(_ section: inout Section) -> String? {
        guard let id = section.required("id", "everyone-daily") else { return nil }
        let path = section.pathOf("id")
        guard id.text.utf8.count <= 100,
            id.text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.:/".contains($0)) })
        else {
            reader.note(
                id.mark, path, "\(id.shown) must be letters, digits, `-`, `_`, `.`, `:` and `/`, at most 100 of them")
            return nil
        }
        if let other = ids[id.text] {
            reader.note(id.mark, path, "\(id.shown) is the id of \(other) too; refusals could not tell them apart")
        } else {
            ids[id.text] = section.path
        }
        return id.text
    }

    // MARK: What rules share

    private func readZone(_ section: inout Section) -> TimeZone {
        guard let name = section.text("time_zone") else { return .utc }
        let database = ZoneDatabase(directory: reader.environment("TZDIR") ?? ZoneDatabase.systemDirectory)
        do throws(ZoneDatabase.Fault) {
            return try database.zone(name.text)
        } catch {
            reader.note(name.mark, "time_zone", "\(name.shown) \(error.sentence)")
            return .utc
        }
    }

    private func readMetadata(_ section: inout Section) -> MetadataPolicy {
        var policy = MetadataPolicy()
        guard var group = section.section("metadata") else { return policy }
        defer { group.finish() }
        if group.has("from_credential") { policy.fromCredential = group.globs("from_credential").map(\.glob) }
        return policy
    }

    /// `budget_applies_per` or `rate_limit_applies_per`.
    func readScope(_ section: inout Section, _ name: String) -> [ScopeDimension] {
        var scope: [ScopeDimension] = []
        for value in section.strings(name) {
            guard let dimension = ScopeDimension(value.text) else {
                let hint =
                    value.raw != value.text
                    ? ""
                    : Suggestion.nearest(to: value.text, in: ScopeDimension.names).map { "; did you mean \($0)?" } ?? ""
                let known = ScopeDimension.names.joined(separator: ", ")
                reader.note(
                    value.mark, section.pathOf(name), "\(value.shown) is not one of \(known), metadata.NAME\(hint)")
                continue
            }
            if scope.contains(dimension) {
                reader.note(value.mark, section.pathOf(name), "\(value.shown) stands here twice")
            }
            scope.append(dimension)
        }
        return scope
    }

    /// Notes that a unit is not known.
    func noteUnit(_ value: SettingText, _ path: String, _ known: [String]) {
        let near = value.raw == value.text ? Suggestion.nearest(to: value.text, in: known) : nil
        let hint = near.map { "did you mean \($0)?" } ?? "known are \(known.joined(separator: ", "))"
        reader.note(value.mark, path, "\(value.shown) is not a unit; \(hint)")
    }
}

extension ScopeDimension {
    static let names = ["user", "team", "key", "virtualaccount", "model", "provider", "session"]

    /// As it stands in the configuration; `nil` for what is none.
    init?(_ text: String) {
        switch text {
        case "user": self = .user
        case "team": self = .team
        case "key": self = .key
        case "virtualaccount", "virtual_account", "virtual-account": self = .virtualAccount
        case "model": self = .model
        case "provider": self = .provider
        case "session": self = .session
        default:
            guard text.hasPrefix("metadata."), text.utf8.count > 9 else { return nil }
            self = .metadata(String(text.dropFirst(9)))
        }
    }
}
