import Glibc

/// The compiled time zone database in a folder.
struct ZoneDatabase {
    struct Fault: Error, Equatable {
        let sentence: String
    }

    static let systemDirectory = "/usr/share/zoneinfo"

    let directory: String

    /// The zone of that name, such as `Europe/Berlin`. UTC needs no database.
    func zone(_ name: String) throws(Fault) -> TimeZone {
        if name == "UTC" { return .utc }
        guard Self.isName(name) else { throw Fault(sentence: "is not the name of a time zone, such as Europe/Berlin") }
        guard let bytes = Self.read("\(directory)/\(name)") else { throw unknown(name) }
        do throws(ZoneFile.Fault) {
            return try ZoneFile.parse(bytes, name: name)
        } catch {
            throw Fault(sentence: "cannot be used: the file \(directory)/\(name) \(error.sentence)")
        }
    }

    private func unknown(_ name: String) -> Fault {
        let names = names
        guard !names.isEmpty else {
            return Fault(
                sentence: "is not known: there is no time zone database in \(directory); install the package tzdata")
        }
        if let near = Suggestion.nearest(to: name, in: names) {
            return Fault(sentence: "is no known time zone; did you mean \(near)?")
        }
        // `Berlin` for `Europe/Berlin`.
        if let city = names.first(where: { $0.hasSuffix("/\(name)") }) {
            return Fault(sentence: "is no known time zone; did you mean \(city)?")
        }
        return Fault(sentence: "is no known time zone; write for example Europe/Berlin")
    }

    /// Parts of letters, digits, `_`, `+` and `-`, with `/` between them: it leads nowhere but into the folder.
    static func isName(_ name: String) -> Bool {
        guard name.utf8.count <= 64 else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+-".contains($0)) }
        }
    }

    /// The zones that the folder lists.
    var names: [String] {
        for file in ["tzdata.zi", "zone.tab", "zone1970.tab"] {
            guard let bytes = Self.read("\(directory)/\(file)") else { continue }
            let names = Self.names(String(decoding: bytes, as: UTF8.self))
            if !names.isEmpty { return names }
        }
        return []
    }

    /// Of a table of places the third column; of `tzdata.zi` what follows `Z`, and the second word behind `L`.
    private static func names(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            if line.hasPrefix("#") { return nil }
            let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard words.count >= 3 else { return nil }
            switch words[0] {
            case "Z": return String(words[1])
            case "L": return String(words[2])
            default: return words[1].first == "+" || words[1].first == "-" ? String(words[2]) : nil
            }
        }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = [], block = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= ZoneFile.maximumSize {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += block[..<count]
        }
        return bytes
    }
}
