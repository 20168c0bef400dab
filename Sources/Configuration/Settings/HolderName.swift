/// The name of a user, team or service account, which the ledger keeps accounts by.
package enum HolderName {
    /// A longer one would be cut in the ledger: two people could be charged as one, and be somebody else after a restart.
    package static let maximumBytes = 128

    package static func isFit(_ name: String) -> Bool {
        name.utf8.count <= maximumBytes && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

extension Section {
    /// The name of somebody; one that is not fit is noted.
    mutating func holder(_ name: String, before prefix: String = "") -> String {
        guard let given = text(name) else { return "" }
        guard HolderName.isFit(prefix + given.text) else {
            let most = HolderName.maximumBytes - prefix.utf8.count
            reader.note(
                given.mark, pathOf(name),
                "has \(given.text.utf8.count) bytes or a control character; a name has at most \(most) bytes and none of those"
            )
            return ""
        }
        return given.text
    }
}
