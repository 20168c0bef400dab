import Wire

/// What an admission met at each account, as text for the ledger: one line an account, fields apart by tabs.
///
///     rule  unit  scope  window-start  window-end  amount  worst  settled  reserved  worst-before  limit  overshoot  new
///
/// Times are Unix seconds, amounts nano-dollars or tokens; `overshoot` is `-` where there is no bound, `new` is 1 for an account
/// that was opened for this admission with what the ledger had.
package struct HoldRecord: Sendable, Equatable {
    package let id: BudgetAccountID
    package let claim: BudgetBalance.Claim
    package let settled: Int64
    package let reserved: Int64
    package let worst: Int64
    package let limit: Int64
    package let maximumOvershoot: Int64?
    package let isNew: Bool

    package init(_ examination: BudgetExamination) {
        id = examination.id
        claim = examination.claim
        settled = examination.balance.settled
        reserved = examination.balance.reserved
        worst = examination.balance.worst
        limit = examination.limit
        maximumOvershoot = examination.maximumOvershoot
        isNew = examination.isNew
    }

    /// Reads one line; `nil` if it is none.
    package init?(parsing line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 13 else { return nil }
        let numbers = (fields[3...10] + [fields[12]]).compactMap { Int64($0) }
        guard numbers.count == 9 else { return nil }
        let overshoot = Int64(fields[11])
        guard overshoot != nil || fields[11] == "-" else { return nil }
        // Text that was damaged must not become an account: its window has a beginning and an end, and a claim its order.
        guard numbers[0] >= 0, numbers[0] < numbers[1], numbers[2] >= 0, numbers[2] <= numbers[3],
            numbers[8] == 0 || numbers[8] == 1
        else { return nil }
        id = BudgetAccountID(
            rule: String(fields[0]), unit: String(fields[1]), scope: String(fields[2]),
            window: Self.nanoseconds(numbers[0])..<Self.nanoseconds(numbers[1]))
        claim = BudgetBalance.Claim(amount: numbers[2], worst: numbers[3])
        settled = numbers[4]
        reserved = numbers[5]
        worst = numbers[6]
        limit = numbers[7]
        maximumOvershoot = overshoot
        isNew = numbers[8] == 1
    }

    /// All lines of a record; `nil` if one of them is none.
    package static func parse(_ text: String) -> [HoldRecord]? {
        var records: [HoldRecord] = []
        for line in text.split(separator: "\n") {
            guard let record = HoldRecord(parsing: line) else { return nil }
            records.append(record)
        }
        return records
    }

    package func append(to output: inout ByteWriter) { append(Heading(id), to: &output) }

    /// - Parameter heading: of its account, where that is at hand.
    func append(_ heading: Heading, to output: inout ByteWriter) {
        if output.count > 0 { output.append(byte: Self.lineEnd) }
        output.append(heading.bytes)
        for number in [claim.amount, claim.worst, settled, reserved, worst, limit] {
            output.append(byte: Self.tab)
            output.append(decimal: Int(number))
        }
        output.append(byte: Self.tab)
        if let maximumOvershoot { output.append(decimal: Int(maximumOvershoot)) } else { output.append("-") }
        output.append(isNew ? "\t1" : "\t0")
    }

    /// The fields that say which account, as a line begins with them: the same in every line of an account.
    struct Heading: Sendable {
        fileprivate let bytes: [UInt8]

        init(_ id: BudgetAccountID) {
            var output = ByteWriter()
            for text in [id.rule, id.unit, id.scope] {
                output.append(string: text)
                output.append(byte: HoldRecord.tab)
            }
            output.append(decimal: Int(HoldRecord.seconds(id.windowStart)))
            output.append(byte: HoldRecord.tab)
            output.append(decimal: Int(HoldRecord.seconds(id.windowEnd)))
            bytes = output.array
        }
    }

    private static let tab = UInt8(ascii: "\t")
    private static let lineEnd = UInt8(ascii: "\n")
    private static let second: Int64 = 1_000_000_000

    private static func seconds(_ nanoseconds: Int64) -> Int64 { nanoseconds / second }

    /// The last second that 64 bits hold stands for "never".
    private static func nanoseconds(_ seconds: Int64) -> Int64 {
        seconds >= Int64.max / second ? .max : seconds &* second
    }
}
