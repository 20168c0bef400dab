/// Text for a page: nothing that others wrote can become markup.
enum HTMLText {
    /// As the text of an element or of a quoted attribute. Control characters are replaced.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default:
                let controls = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                // What turns the direction of writing around could make one name look like another.
                let turns = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
                result.unicodeScalars.append(controls || turns ? "\u{FFFD}" : scalar)
            }
        }
        return result
    }
}
