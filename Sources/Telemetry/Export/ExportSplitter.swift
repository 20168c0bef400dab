import Wire

/// Cuts an export request in two without knowing its items. Pure.
///
/// The three signals are built alike (opentelemetry-proto, collector services): the request has groups by resource (field 1), these
/// have groups by scope (field 2), these have the items (field 2: spans, metrics, log records); whatever else a group says stands
/// in both halves.
enum ExportSplitter {
    struct Halves: Equatable {
        let first: [UInt8]
        let firstItems: Int
        let second: [UInt8]
        let secondItems: Int
    }

    /// Nil for fewer than two items, and for what is no such request.
    static func split(_ request: [UInt8]) -> Halves? {
        request.withUnsafeBytes { bytes in
            guard let total = count(bytes), total > 1 else { return nil }
            let half = total / 2
            var position = 0
            let first = part(bytes, 0..<half, depth: 0, &position)
            position = 0
            let second = part(bytes, half..<total, depth: 0, &position)
            return Halves(first: first, firstItems: half, second: second, secondItems: total - half)
        }
    }

    /// How many items a request has; nil for what is no such request.
    static func count(_ request: UnsafeRawBufferPointer) -> Int? { count(request, depth: 0) }

    /// The number of the field that leads one level down.
    private static func descent(_ depth: Int) -> UInt64 { depth == 0 ? 1 : 2 }

    private static func count(_ bytes: UnsafeRawBufferPointer, depth: Int) -> Int? {
        var fields = ProtobufFields(bytes), total = 0
        while let field = fields.next() {
            guard field.number == descent(depth), let content = field.content else { continue }
            if depth == 2 {
                total += 1
            } else {
                guard let inner = count(bytes.slice(content), depth: depth + 1) else { return nil }
                total += inner
            }
        }
        return fields.isDamaged ? nil : total
    }

    /// The message with those of its items whose places are in `kept`; groups without any are left out. `position` is the place
    /// of the item that comes next.
    private static func part(
        _ bytes: UnsafeRawBufferPointer, _ kept: Range<Int>, depth: Int, _ position: inout Int
    ) -> [UInt8] {
        var fields = ProtobufFields(bytes), output: [UInt8] = []
        while let field = fields.next() {
            guard field.number == descent(depth), let content = field.content else {
                output.append(contentsOf: bytes.slice(field.whole))
                continue
            }
            if depth == 2 {
                if kept.contains(position) { output.append(contentsOf: bytes.slice(field.whole)) }
                position += 1
                continue
            }
            let before = position
            let inner = part(bytes.slice(content), kept, depth: depth + 1, &position)
            guard (before..<position).overlaps(kept) else { continue }
            ProtobufFields.append(tag: field.number << 3 | 2, to: &output)
            ProtobufFields.append(tag: UInt64(inner.count), to: &output)
            output += inner
        }
        return output
    }
}
