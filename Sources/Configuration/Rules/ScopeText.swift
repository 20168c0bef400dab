// The names of accounts, as the dimensions of a rule make them: `user=alice,metadata.project=atlas`.

extension [ScopeDimension] {
    /// An account as its rule names it, whoever it is for; `nil`: a rule that is applied so has none of this name.
    package func account(named scope: String) -> String? {
        let parts = Self.parts(of: scope)
        guard parts.count == count, zip(self, parts).allSatisfy({ $1.hasPrefix("\($0.text)=") }) else { return nil }
        // Models have one account, however they are written.
        return zip(self, parts).map { $0 == .model ? ModelName($1).small : $1 }.joined(separator: ",")
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
