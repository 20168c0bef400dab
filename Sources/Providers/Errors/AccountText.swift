import Wire

/// Takes out of a provider's sentence what names an account of the organisation: ARNs, account numbers, organisation and project
/// ids, keys. They stand in the log, not before the developer.
package enum AccountText {
    package static func clean(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            isPrivate(word) ? "[…]" : String(word)
        }.joined(separator: " ")
    }

    private static let marks = [
        "arn:aws", "org-", "proj_", "sk-", "projects/", "subscriptions/", "AKIA", "ASIA", "AIza", "ya29.",
        "resourceGroups/",
    ]

    private static func isPrivate(_ word: Substring) -> Bool {
        if marks.contains(where: { word.contains($0) }) || CredentialForm.isKnown(String(word)) { return true }
        // AWS account numbers have twelve digits.
        var digits = 0
        for scalar in word.unicodeScalars {
            digits = (48...57).contains(scalar.value) ? digits + 1 : 0
            if digits == 12 { return true }
        }
        return false
    }
}
