import Configuration

/// A mistake on the command line, in one sentence that names it and its cure.
struct UsageError: Error {
    let sentence: String
}

/// What follows the command's name: options with values, switches, and the rest in order. An option is written `--name value`
/// or `--name=value`; one that the command does not know is an error.
struct Arguments {
    private var values: [String: [String]] = [:]
    private var switches: Set<String> = []
    private(set) var positionals: [String] = []

    /// `options` take a value, `switches` do not; names without the dashes.
    init(_ list: some Sequence<String>, options: Set<String>, switches known: Set<String> = []) throws(UsageError) {
        var iterator = list.makeIterator()
        while let argument = iterator.next() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                positionals.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if known.contains(name), parts.count == 1 {
                switches.insert(name)
            } else if options.contains(name) {
                guard let value = parts.count == 2 ? String(parts[1]) : iterator.next() else {
                    throw UsageError(sentence: "--\(name) needs a value")
                }
                values[name, default: []].append(value)
            } else {
                let all = (options.union(known)).sorted().map { "--\($0)" }.joined(separator: ", ")
                throw UsageError(
                    sentence: "unknown option \(argument); this command knows \(all.isEmpty ? "none" : all)")
            }
        }
    }

    func has(_ name: String) -> Bool { switches.contains(name) }

    /// All values of an option that may be repeated.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The value of an option that may be given once.
    func one(_ name: String) throws(UsageError) -> String? {
        let given = all(name)
        guard given.count <= 1 else {
            throw UsageError(sentence: "--\(name) is given \(given.count) times; give it once")
        }
        return given.first
    }

    func required(_ name: String) throws(UsageError) -> String {
        guard let value = try one(name) else { throw UsageError(sentence: "--\(name) is missing") }
        return value
    }

    /// The nanoseconds that an option says, at most a hundred years: as far from now 64 bits reach.
    static func duration(_ text: String, of option: String) throws(UsageError) -> Int64 {
        guard let span = DurationText.parse(text), span <= 36_500 * 86_400_000_000_000 else {
            throw UsageError(
                sentence: "--\(option) \(text) is no duration up to 36500d; write for example 90s, 15m, 4h or 30d")
        }
        return span
    }

    /// Refuses options that another form of the command takes.
    func expectAbsent(_ names: [String]) throws(UsageError) {
        for name in names where values[name] != nil || switches.contains(name) {
            throw UsageError(sentence: "--\(name) has no meaning here")
        }
    }

    /// Refuses words that belong to nothing.
    func expectPositionals(_ count: Int, _ meaning: String) throws(UsageError) {
        guard positionals.count == count else {
            let found = positionals.dropFirst(max(0, count - 1)).joined(separator: " ")
            throw UsageError(sentence: "expected \(meaning), found \(found.isEmpty ? "nothing" : found)")
        }
    }
}
