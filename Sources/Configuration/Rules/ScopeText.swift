// The names of accounts, as the dimensions of a rule make them: `user=alice,metadata.project=atlas`.

extension [ScopeDimension] {
    /// Whether a rule that is applied so can have an account of this name, whoever it is for.
    package func canHave(scope: String) -> Bool {
        let parts = Self.parts(of: scope)
        return parts.count == count && zip(self, parts).allSatisfy { $1.hasPrefix("\($0.text)=") }
    }

    /// The pieces between commas that have no backslash before them; of an empty text none.
    private static func parts(of scope: String) -> [String] {
        var parts: [String.UnicodeScalarView] = scope.isEmpty ? [] : [.init()], isEscaped = false
        for scalar in scope.unicodeScalars {
            if scalar == ",", !isEscaped {
                parts.append(.init())
            } else {
                parts[parts.count - 1].append(scalar)
            }
            isEscaped = scalar == "\\" && !isEscaped
        }
        return parts.map { String($0) }
    }
}
