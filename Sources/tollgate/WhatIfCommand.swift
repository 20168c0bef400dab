import Configuration
import Gateway
import Ledger
import Wire

/// `tollgate report what-if`: the past in another way.
enum WhatIfCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            arguments,
            options: ["config", "since", "until", "map", "cache-ttl", "subagents", "prices", "where", "by", "format"])
        try arguments.expectPositionals(0, "no further words")
        let format = try FigureFormat.format(arguments)
        let question = try question(arguments)
        let source = try ReportSource(arguments)
        let since = try arguments.one("since") ?? "30d", until = try arguments.one("until")
        let by = try arguments.one("by") ?? "model"
        guard by == "model" || by == "team" else {
            throw UsageError(sentence: "--by \(by) is unknown; it is model or team")
        }
        let prices = try arguments.one("prices").map { try source.snapshot.prices.adding(file: $0) }
        var whatIf = WhatIf(question, source.snapshot, prices: prices ?? source.snapshot.prices)
        if let target = whatIf.unpricedTargets.first {
            let models = (prices ?? source.snapshot.prices).models.joined(separator: ", ")
            throw UsageError(
                sentence: "`\(target)` is no model with a price, and no family of such models; there are \(models)")
        }
        let cuts = source.snapshot.prices.changes.union(prices?.changes ?? [])
        let charges = try ProviderCharges(
            .teams(cuts: cuts), since: since, until: until, where: arguments.all("where"),
            in: source.directory, now: source.now)
        for charge in charges.charges {
            guard let day = CivilDate(parsing: charge.key.day) else { continue }
            whatIf.add(charge, at: day.lastNanosecond)
        }
        // A table for spreadsheets has no place for notes.
        if format == .csv { for word in whatIf.unmatched { Console.complain("\(word) matched no request") } }
        format.print(
            report(
                whatIf, question, by: by, span: until.map { "from \(since) until \($0)" } ?? "since \(since)",
                hasPrices: prices != nil))
        return 0
    }

    private static func question(_ arguments: Arguments) throws(UsageError) -> WhatIf.Question {
        var question = WhatIf.Question()
        for word in ReportSource.words(arguments.all("map")) {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw UsageError(sentence: "--map \(word) is not MODEL=MODEL")
            }
            question.map.append((parts[0], parts[1]))
        }
        question.subagents = try arguments.one("subagents")
        if let time = try arguments.one("cache-ttl") {
            guard time == "1h" else { throw UsageError(sentence: "--cache-ttl \(time) is not known; it is 1h") }
            question.hourCache = true
        }
        if question.map.isEmpty, question.subagents == nil, !question.hourCache, try arguments.one("prices") == nil {
            throw UsageError(sentence: "what if what? give --map, --subagents, --cache-ttl or --prices")
        }
        return question
    }

    private static func report(
        _ whatIf: WhatIf, _ question: WhatIf.Question, by: String, span: String, hasPrices: Bool
    ) -> FigureTable {
        var groups: [[String]: WhatIf.Sums] = [:], total = WhatIf.Sums()
        for (key, sums) in whatIf.sums {
            let labels = by == "team" ? [key.team] : [key.model, key.instead]
            var group = groups[labels] ?? WhatIf.Sums()
            group.add(sums)
            groups[labels] = group
            total.add(sums)
        }
        var table = FigureTable(
            title: "What it cost, and what it would have cost, \(span)",
            labels: by == "team" ? ["team"] : ["model", "instead"],
            figures: ["requests", "actual", "hypothetical", "difference", "share"])
        let order = groups.sorted { ($1.value.actual, $0.key.joined()) < ($0.value.actual, $1.key.joined()) }
        for (labels, sums) in order { table.rows.append(.init(labels: labels, figures: sums.figures)) }
        table.total = total.figures
        table.facts = [
            ("saved_cache_writes", .count(whatIf.savedWrites)), ("unpriced_requests", .count(whatIf.unpriced)),
        ]
        table.notes = [
            "Assumed: the same requests with the same tokens; another model would have written other answers, and counts tokens differently."
        ]
        if !question.map.isEmpty || question.subagents != nil {
            table.notes.append(
                "Caches belong to a model: a session that would have changed its model in the middle would have cached anew; that is not in it."
            )
        }
        if question.hourCache {
            table.notes.append(
                "Cache: every write for five minutes becomes one for an hour. What was written again after a pause of 5 to 60 minutes, "
                    + "\(whatIf.savedWrites) tokens, is read instead.")
        }
        if hasPrices { table.notes.append("Prices: those of the file, before the configuration's.") }
        if whatIf.unpriced > 0 {
            table.notes.append(
                "\(whatIf.unpriced) requests have no price in one of the two worlds: they count with what they cost.")
        }
        table.notes += whatIf.unmatched.map { "\($0) matched no request." }
        return table
    }
}

extension WhatIf.Sums {
    fileprivate mutating func add(_ other: Self) {
        requests += other.requests
        actual &+= other.actual
        hypothetical &+= other.hypothetical
    }

    fileprivate var figures: [Figure] {
        [
            .count(requests), .money(actual), .money(hypothetical), .money(hypothetical - actual),
            actual == 0 ? .none : .share(Double(hypothetical - actual) / Double(actual)),
        ]
    }
}
