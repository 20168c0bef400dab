import Ledger
import Wire

/// An export as a table: rows of fields below a header, found by the names of columns.
struct InvoiceTable {
    /// A line of the file, with the number of its first line.
    struct Row: Equatable {
        let line: Int
        let fields: [String]
    }

    let header: [String]
    let rows: [Row]
    private let places: [String: Int]

    /// - Throws: a fault that names the line of a quote without an end, or of a row that has not the header's fields.
    init(_ text: String) throws(Invoice.Fault) {
        let records = try Self.records(text)
        guard let first = records.first, records.count > 1 else {
            throw Invoice.Fault(description: "the file has no lines below a header")
        }
        header = first.fields.map { $0.trimmed.lowercased() }
        places = Dictionary(header.enumerated().map { ($1, $0) }) { first, _ in first }
        rows = Array(records.dropFirst())
        for row in rows {
            let isWhole =
                row.fields.count == header.count
                || row.fields.count > header.count && row.fields.dropFirst(header.count).allSatisfy(\.isEmpty)
            guard isWhole else {
                let cure =
                    row.fields.count < header.count
                    ? "it was cut short; export the file anew" : "a comma within a value needs quotes around the value"
                throw Invoice.Fault(
                    description:
                        "line \(row.line): the row has \(row.fields.count) fields and the header \(header.count); \(cure)"
                )
            }
        }
    }

    // MARK: Values

    func has(_ name: String) -> Bool { places[name] != nil }

    /// The first of these columns that there is; `nil`: none.
    func column(_ names: String...) -> String? { names.first(where: has) }

    /// The same, or a fault.
    func needed(_ names: String...) throws(Invoice.Fault) -> String {
        if let name = names.first(where: has) { return name }
        throw Invoice.Fault(
            description: "the file has no column `\(names.joined(separator: "` or `"))`; export it with all columns")
    }

    /// Empty where there is no such column.
    func value(_ row: Row, _ column: String?) -> String {
        column.flatMap { places[$0] }.map { row.fields[$0].trimmed } ?? ""
    }

    static func place(_ row: Row, _ column: String) -> String { "line \(row.line), column `\(column)`" }

    func day(_ row: Row, _ column: String) throws(Invoice.Fault) -> CivilDate {
        let text = value(row, column)
        if let day = Invoice.day(text) { return day }
        throw Invoice.Fault(at: Self.place(row, column), text, "is no date; write it such as 2026-11-01")
    }

    /// Reads a number; its fault gets the place.
    func number(
        _ row: Row, _ column: String, _ read: (String) throws(InvoiceNumber.Reason) -> Int64
    ) throws(Invoice.Fault) -> Int64 {
        let text = value(row, column)
        do throws(InvoiceNumber.Reason) {
            return try read(text)
        } catch {
            throw Invoice.Fault(at: Self.place(row, column), text, error.sentence)
        }
    }

    func expectDollars(_ row: Row, _ column: String?) throws(Invoice.Fault) {
        if let column { try Invoice.expectDollars(value(row, column), at: Self.place(row, column)) }
    }

    // MARK: The form

    /// Fields by RFC 4180; empty lines are left out.
    static func records(_ text: String) throws(Invoice.Fault) -> [Row] {
        var reader = Reader()
        for byte in text.utf8 { try reader.take(byte) }
        return try reader.finish()
    }

    private struct Reader {
        private enum State { case start, plain, quoted, closed }

        private var rows: [Row] = []
        private var fields: [String] = []
        private var field: [UInt8] = []
        private var state = State.start
        private var line = 1
        /// Where the row, and the last quoted field, began.
        private var rowLine = 1
        private var quoteLine = 1

        mutating func take(_ byte: UInt8) throws(Invoice.Fault) {
            defer { if byte == UInt8(ascii: "\n") { line += 1 } }
            switch (byte, state) {
            case (UInt8(ascii: "\""), .start): (state, quoteLine) = (.quoted, line)
            case (UInt8(ascii: "\""), .quoted): state = .closed
            case (UInt8(ascii: "\""), .closed):
                field.append(byte)
                state = .quoted
            case (_, .quoted): field.append(byte)
            case (UInt8(ascii: ","), _): endField()
            case (UInt8(ascii: "\n"), _): endRow()
            case (UInt8(ascii: "\r"), _): break
            case (_, .closed): throw fault(quoteLine, "there is text behind a value in quotes")
            case (UInt8(ascii: "\""), .plain):
                throw fault(line, "there is a quote within a value that has none around it")
            default:
                field.append(byte)
                state = .plain
            }
        }

        mutating func finish() throws(Invoice.Fault) -> [Row] {
            if state == .quoted { throw fault(quoteLine, "a quote begins here and never ends") }
            endRow()
            return rows
        }

        private func fault(_ line: Int, _ sentence: String) -> Invoice.Fault {
            Invoice.Fault(description: "line \(line): \(sentence); the file is damaged or cut short, export it anew")
        }

        private mutating func endField() {
            fields.append(String(decoding: field, as: UTF8.self))
            field = []
            state = .start
        }

        private mutating func endRow() {
            endField()
            if fields.contains(where: { !$0.isEmpty }) { rows.append(Row(line: rowLine, fields: fields)) }
            fields = []
            rowLine = line + 1
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
