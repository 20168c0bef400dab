import Wire

/// What all parts of a file share while they are read: where values come from, and the list of what is wrong.
///
/// A reference type, so that all parts note their problems in one list.
final class SettingReader {
    let file: String
    private let directory: String
    private let sources: ValueSources
    /// Secrets that are not to be had are a mistake.
    let needsSecrets: Bool
    private(set) var problems: [ConfigurationProblem] = []
    /// What works but was probably not meant.
    private(set) var warnings: [String] = []
    /// The files that were read for values, as absolute paths.
    private(set) var files: [String] = []

    /// - Parameter directory: what relative paths are relative to.
    init(file: String, directory: String, sources: ValueSources, needsSecrets: Bool) {
        self.needsSecrets = needsSecrets
        self.file = file
        self.directory = directory
        self.sources = sources
    }

    func note(_ mark: YAMLMark, _ path: String, _ sentence: String) {
        problems.append(problem(mark, path, sentence))
    }

    func warn(_ mark: YAMLMark, _ path: String, _ sentence: String) {
        warnings.append(problem(mark, path, sentence).description)
    }

    private func problem(_ mark: YAMLMark, _ path: String, _ sentence: String) -> ConfigurationProblem {
        let subject = path.isEmpty ? sentence : "\(path): \(sentence)"
        // A secret may stand where a name should.
        return ConfigurationProblem(
            file: file, line: mark.line, column: mark.column, sentence: CredentialForm.masked(subject))
    }

    /// A value with `${…}` filled in. Where no secrets are needed, one that is not to be had, or is empty, has a stand-in.
    func fill(_ raw: String, _ mark: YAMLMark, _ path: String, isSecret: Bool = false) -> SettingText? {
        warnOfShell(raw, mark, path)
        let standIn = isSecret && !needsSecrets && raw.contains("${") ? Self.standIn(mark) : nil
        do throws(Substitution.Fault) {
            let text = try Substitution.fill(
                raw, environment: sources.environment, file: read, standIn: standIn)
            if let standIn, text.isEmpty || text.contains(standIn) {
                return SettingText(text: standIn, raw: raw, mark: mark, isStandIn: true)
            }
            return SettingText(text: text, raw: raw, mark: mark)
        } catch {
            note(mark, path, error.sentence)
            return nil
        }
    }

    /// A variable as a shell would have it.
    private func warnOfShell(_ raw: String, _ mark: YAMLMark, _ path: String) {
        let name = raw.utf8.dropFirst()
        guard raw.hasPrefix("$"), name.contains(where: { (0x41...0x5A).contains($0) }),
            name.allSatisfy({ (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") })
        else { return }
        let sentence =
            "begins with `$` and is taken as it stands; an environment variable is `${NAME}`, a dollar sign `$$`"
        let warning = problem(mark, path, sentence).description
        if !warnings.contains(warning) { warnings.append(warning) }
    }

    /// Each another one, as secrets are, and fit for all that is one: a URL without blanks, and long enough.
    private static func standIn(_ mark: YAMLMark) -> String {
        "http://a-secret-that-was-not-asked-for-\(mark.line)-\(mark.column).invalid"
    }

    /// What a variable of the process holds; `nil` also for an empty one.
    func environment(_ name: String) -> String? { sources.environment(name).flatMap { $0.isEmpty ? nil : $0 } }

    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }

    /// The content of a file that a setting names.
    func read(_ path: String) -> Result<String, ValueSources.FileFault> {
        files.append(absolute(path))
        return sources.file(absolute(path))
    }
}
