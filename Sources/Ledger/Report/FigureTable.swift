import Wire

/// A value of a table of figures.
package enum Figure: Sendable, Equatable {
    case count(Int64)
    /// Nano-dollars; `nil`: money that is not known.
    case money(Int64?)
    /// A share, 1 is all.
    case share(Double)
    case text(String)
    /// There is none.
    case none

    package static func optionalMoney(_ value: Int64?) -> Figure { .money(value) }
}

/// Rows with labels and figures, to be written for people, spreadsheets and programs: the same in all of them.
package struct FigureTable: Sendable {
    package struct Row: Sendable, Equatable {
        package var labels: [String]
        package var figures: [Figure]

        package init(labels: [String], figures: [Figure]) {
            self.labels = labels
            self.figures = figures
        }
    }

    package var title: String
    package var labels: [String]
    package var figures: [String]
    package var rows: [Row] = []
    package var total: [Figure]?
    /// Sentences.
    package var notes: [String] = []
    /// Members of the JSON object besides, `name: value`.
    package var facts: [(name: String, value: Figure)] = []

    package init(title: String, labels: [String], figures: [String]) {
        self.title = title
        self.labels = labels
        self.figures = figures
    }

    // MARK: For people

    package func text() -> String {
        let header = labels + figures.map { $0.split(separator: "_").joined(separator: " ") }
        var body = rows.map { $0.labels.map(Report.shown) + $0.figures.map(Self.shown) }
        if let total { body.append(labels.indices.map { $0 == 0 ? "total" : "" } + total.map(Self.shown)) }
        let text = TextColumns([header] + body) { $0 < labels.count || figures[$0 - labels.count] == "explanation" }
        var lines = [title, "", text.line(header), text.rule]
        for (index, cells) in body.enumerated() {
            if total != nil, index == body.count - 1, !rows.isEmpty { lines.append(text.rule) }
            lines.append(text.line(cells))
        }
        if !notes.isEmpty { lines += [""] + notes }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func shown(_ figure: Figure) -> String {
        switch figure {
        case .count(let count): Money.grouped(count)
        case .money(let nanos): nanos.map(Money.short) ?? "–"
        case .share(let share): percent(share)
        case .text(let text): Report.shown(text)
        case .none: "–"
        }
    }

    package static func percent(_ share: Double) -> String {
        guard share.isFinite, share.magnitude < 1e6 else { return "–" }
        let hundredths = Int((share.magnitude * 10_000).rounded())
        let rest = hundredths % 100
        return (share < 0 && hundredths > 0 ? "-" : "") + "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
    }

    // MARK: For spreadsheets

    /// Money in dollars with nine places; no total.
    package func csv() -> String {
        rows.reduce(CSVText.line(labels + figures)) { text, row in
            text + CSVText.line(row.labels.map(CSVText.text) + row.figures.map(Self.field))
        }
    }

    private static func field(_ figure: Figure) -> String {
        switch figure {
        case .count(let count): "\(count)"
        case .money(let nanos): nanos.map(NanoText.exact) ?? ""
        case .share(let share): share.isFinite ? "\(share)" : ""
        case .text(let text): CSVText.text(text)
        case .none: ""
        }
    }

    // MARK: For programs

    /// One object: `rows`, `total`, `notes` and the facts. Money is an integer of nano-dollars, its name ends in `_nano_usd`.
    package func json() -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for fact in facts { Self.write(fact.name, fact.value, to: &writer) }
        writer.key("rows")
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            for (name, value) in zip(labels, row.labels) {
                writer.key(string: name)
                writer.value(string: value)
            }
            for (name, figure) in zip(figures, row.figures) { Self.write(name, figure, to: &writer) }
            writer.endObject()
        }
        writer.endArray()
        if let total {
            writer.key("total")
            writer.beginObject()
            for (name, figure) in zip(figures, total) { Self.write(name, figure, to: &writer) }
            writer.endObject()
        }
        writer.key("notes")
        writer.beginArray()
        for note in notes { writer.value(string: note) }
        writer.endArray()
        writer.endObject()
        return writer.text + "\n"
    }

    private static func write(_ name: String, _ figure: Figure, to writer: inout JSONWriter) {
        if case .money = figure { writer.key(string: name + "_nano_usd") } else { writer.key(string: name) }
        switch figure {
        case .count(let count): writer.value(count)
        case .money(let nanos?): writer.value(nanos)
        case .money(nil): writer.null()
        case .share(let share): writer.value(share)
        case .text(let text): writer.value(string: text)
        case .none: writer.null()
        }
    }
}
