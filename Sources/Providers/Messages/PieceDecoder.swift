import Wire

/// Decodes a text that comes in pieces: a pair of surrogates, escaped, may be cut between two of them.
struct PieceDecoder {
    /// The first half of a pair, as it is escaped.
    private var half: [UInt8] = []

    var isHolding: Bool { !half.isEmpty }

    mutating func append(_ piece: JSONString, to output: inout ByteWriter) throws(JSONError) {
        if half.isEmpty, !piece.hasEscapes || !piece.endsInHalfPair { return try piece.append(to: &output) }
        var joined = ByteWriter(capacity: half.count + piece.bytes.count)
        joined.append(half)
        joined.append(piece.bytes)
        try joined.withBytes { bytes throws(JSONError) in
            let cut = JSONString(bytes, hasEscapes: true).endsInHalfPair ? bytes.count - 6 : bytes.count
            half = Array(bytes.slice(cut..<bytes.count))
            try JSONString(bytes.slice(0..<cut), hasEscapes: true).append(to: &output)
        }
    }

    /// The text is over: a half that is alone is no character.
    mutating func end(_ output: inout ByteWriter) {
        if half.isEmpty { return }
        half = []
        output.append("\u{FFFD}")
    }
}
