import Configuration
import Gateway
import Ledger
import Wire

/// `tollgate report reconcile`: the ledger beside the provider's own export.
enum ReconcileCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            arguments, options: ["config", "provider", "file", "since", "until", "tolerance", "format"],
            switches: ["all"])
        try arguments.expectPositionals(0, "no further words")
        let format = try FigureFormat.format(arguments)
        let tolerance = try tolerance(arguments), source = try ReportSource(arguments)
        let provider = try arguments.required("provider"), file = try arguments.required("file")
        let known = source.snapshot.providers.map(\.name)
        guard known.contains(provider) else {
            throw UsageError(sentence: "there is no provider `\(provider)`; there are \(known.joined(separator: ", "))")
        }
        let invoice: Invoice
        switch Snapshot.readFile(file, mebibytes: 512) {
        case .failure(let fault): throw UsageError(sentence: "\(file): the file \(fault.sentence)")
        case .success(let text):
            do throws(Invoice.Fault) { invoice = try Invoice.read(text) } catch {
                throw UsageError(sentence: "\(file): \(error.description)")
            }
        }
        guard let first = invoice.lines.map(\.day).min(), let last = invoice.lines.map(\.day).max() else {
            throw UsageError(sentence: "\(file): the export has no line to compare")
        }
        let days = try days(arguments, first, last, now: source.now)
        let begin = CivilDate(daysSince1970: days.lowerBound), end = CivilDate(daysSince1970: days.upperBound)
        let charges = try ProviderCharges(
            .accounts, of: provider, since: begin.text, until: end.text, where: [], in: source.directory,
            now: source.now)
        let estimated = try EstimatedCharges.read(
            provider: provider, since: begin.firstNanosecond, until: end.lastNanosecond.addingSaturated(1),
            in: source.directory)
        let reconciliation = Reconciliation(
            invoice, of: provider, ledger: charges.charges, estimated: estimated,
            prices: PriceBook(source.snapshot), days: days)
        let isWithin = !reconciliation.rows.isEmpty && reconciliation.variance <= tolerance
        format.print(
            report(reconciliation, invoice, days, tolerance: tolerance, isWithin: isWithin, all: arguments.has("all")))
        return isWithin ? 0 : 1
    }

    /// Days since 1970-01-01 that are compared, by default those of the export: lines of exports are of days, so part of one is refused.
    private static func days(
        _ arguments: Arguments, _ first: CivilDate, _ last: CivilDate, now: Int64
    ) throws -> ClosedRange<Int> {
        let bounds = ["since": first.text, "until": last.text]
        for (name, text) in try bounds.map({ ($0.key, try arguments.one($0.key) ?? $0.value) }) {
            // As the end of a query, which of a day is the midnight behind it.
            let query = try ReportQuery(by: [], until: text, now: now)
            guard let moment = query.until, moment % CivilDate.nanosecondsPerDay == 0 else {
                throw UsageError(
                    sentence:
                        "--\(name) \(text) is within a day, and exports are compared by whole days in UTC; write a date, "
                        + "such as \(first.text)")
            }
        }
        let query = try ReportQuery(
            by: [], since: arguments.one("since") ?? first.text, until: arguments.one("until") ?? last.text, now: now)
        guard let since = query.since, let until = query.until, since < until else {
            throw UsageError(sentence: "there is no day to compare")
        }
        return CivilDate(unixNanoseconds: since).daysSince1970...CivilDate(unixNanoseconds: until - 1).daysSince1970
    }

    /// A percentage, with or without its sign.
    private static func tolerance(_ arguments: Arguments) throws(UsageError) -> Double {
        guard let text = try arguments.one("tolerance") else { return 0.005 }
        guard let percent = Double(text.hasSuffix("%") ? String(text.dropLast()) : text), percent.isFinite, percent >= 0
        else {
            throw UsageError(sentence: "--tolerance \(text) is no percentage, such as 0.5")
        }
        return percent / 100
    }

    private static func report(
        _ reconciliation: Reconciliation, _ invoice: Invoice, _ days: ClosedRange<Int>, tolerance: Double,
        isWithin: Bool,
        all: Bool
    ) -> FigureTable {
        var table = FigureTable(
            title: "The ledger beside the export: \(invoice.form.rawValue)", labels: ["day", "model", "class"],
            figures: [
                "ledger_tokens", "invoice_tokens", "token_difference", "ledger", "invoice", "difference", "reason",
                "explanation",
            ])
        for row in reconciliation.rows where all || row.reason != .equal {
            table.rows.append(
                .init(
                    labels: [row.day.text, row.model, row.kind?.rawValue ?? ""],
                    figures: [
                        row.ledgerTokens.map(Figure.count) ?? .none, row.invoiceTokens.map(Figure.count) ?? .none,
                        reconciliation.hasTokens ? .count(row.tokenDifference) : .none, .optionalMoney(row.ledgerCost),
                        .optionalMoney(row.invoiceCost),
                        .optionalMoney(reconciliation.hasCosts ? row.costDifference : nil),
                        .text(row.reason.rawValue), .text(row.reason.explanation),
                    ]))
        }
        let rows = reconciliation.rows
        let tokens = (rows.reduce(0) { $0 + ($1.ledgerTokens ?? 0) }, rows.reduce(0) { $0 + ($1.invoiceTokens ?? 0) })
        let costs = (rows.reduce(0) { $0 + ($1.ledgerCost ?? 0) }, rows.reduce(0) { $0 + ($1.invoiceCost ?? 0) })
        table.total =
            (reconciliation.hasTokens
                ? [.count(tokens.0), .count(tokens.1), .count(tokens.0 - tokens.1)] : [.none, .none, .none])
            + (reconciliation.hasCosts
                ? [.money(costs.0), .money(costs.1), .money(costs.0 - costs.1)]
                : [.money(nil), .money(nil), .money(nil)])
            + [.none, .none]
        table.facts = [
            ("variance", rows.isEmpty ? .none : .share(reconciliation.variance)), ("tolerance", .share(tolerance)),
            ("compared", .count(Int64(rows.count))), ("skipped", .count(Int64(invoice.skipped))),
        ]
        table.notes = notes(reconciliation, invoice, days, tolerance: tolerance, isWithin: isWithin)
        return table
    }

    private static func notes(
        _ reconciliation: Reconciliation, _ invoice: Invoice, _ days: ClosedRange<Int>, tolerance: Double,
        isWithin: Bool
    ) -> [String] {
        var notes: [String] = []
        if reconciliation.rows.isEmpty {
            let range = (CivilDate(daysSince1970: days.lowerBound).text, CivilDate(daysSince1970: days.upperBound).text)
            notes.append(
                "Nothing was compared: neither the export nor the ledger has anything from \(range.0) to \(range.1).")
        } else {
            notes.append(
                "Variance \(FigureTable.percent(reconciliation.variance)) of the invoice, \(isWithin ? "within" : "beyond") "
                    + "the tolerance of \(FigureTable.percent(tolerance)).")
        }
        for reason in Reconciliation.Reason.allCases where reason != .equal {
            let sum = reconciliation.sum(of: reason)
            if sum.rows == 0 { continue }
            let money = reconciliation.hasCosts ? ", $\(NanoText.exact(sum.cost))" : ""
            let count = reconciliation.hasTokens ? ", \(sum.tokens) tokens" : ""
            notes.append("\(reason.rawValue): \(sum.rows) lines\(count)\(money): \(reason.explanation).")
        }
        for (name, aside) in invoice.asides.sorted(by: { $0.key < $1.key }) {
            notes.append(
                "Not compared: \(aside.lines) lines of the service as `\(name)`, $\(NanoText.exact(aside.cost)) in all."
            )
        }
        if invoice.skipped > 0 { notes.append("Not compared: \(invoice.skipped) lines of other services.") }
        return notes
    }
}
