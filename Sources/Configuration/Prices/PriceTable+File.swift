extension PriceTable {
    /// The prices of a file before those of this table.
    package func adding(file path: String) throws(ConfigurationErrors) -> PriceTable {
        func fault(_ line: Int, _ sentence: String) -> ConfigurationErrors {
            ConfigurationErrors(problems: [ConfigurationProblem(file: path, line: line, column: 0, sentence: sentence)])
        }
        switch Snapshot.readFile(path) {
        case .failure(let problem): throw fault(0, "the file \(problem.sentence)")
        case .success(let text):
            do throws(PriceParser.Fault) {
                let name = path.split(separator: "/").last.map(String.init) ?? path
                return PriceTable(try PriceParser.parse(text, table: name), over: self)
            } catch {
                throw fault(error.line, error.sentence)
            }
        }
    }
}
