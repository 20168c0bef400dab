import Wire

/// The form of an event that comes again and again and differs only in one text, and perhaps in a few numbers and other texts:
/// learned from one that was read whole, so that the next is read by comparing. What matches is, byte for byte, the same JSON but for
/// the places; what does not is read as always. HOT.
struct DeltaTemplate: ~Copyable {
    /// A value that differs from event to event, without the quotes of a string.
    private struct Place {
        var start = 0
        var end = 0
        var isString = false
        /// It is the text that is told.
        var isText = false
    }

    private var form = ByteWriter()
    private var places = [4 of Place](repeating: Place())
    private var count = 0
    /// A stream in which every event has another form is not learned from for ever.
    private var lessons = 0
    private static let mostLessons = 16

    /// `others`: values beside the text that differ from event to event. False: it was not learned, and what was learned before
    /// stays.
    @discardableResult
    mutating func learn(_ event: UnsafeRawBufferPointer, text: JSONString, others: [JSONString?] = []) -> Bool {
        var found: [Place] = []
        for (value, isText) in others.map({ ($0, false) }) + [(text, true)] {
            guard let value else { continue }
            guard let range = value.range(in: event) else { return false }
            let isString = event[range.lowerBound - 1] == UInt8(ascii: "\"")
            found.append(Place(start: range.lowerBound, end: range.upperBound, isString: isString, isText: isText))
        }
        guard lessons < Self.mostLessons, found.count <= places.count else { return false }
        lessons += 1
        found.sort { $0.start < $1.start }
        for (index, place) in found.enumerated() { places[index] = place }
        count = found.count
        form.reset()
        form.append(event)
        return true
    }

    /// The text of an event of this form; `nil` for any other.
    func text(of event: UnsafeRawBufferPointer) -> JSONString? {
        guard count > 0 else { return nil }
        let form = self.form.bytes
        var at = 0, formAt = 0
        var text: JSONString?
        for index in 0..<count {
            let place = places[index]
            let fixed = form.slice(formAt..<place.start)
            guard event.holds(fixed, at: at) else { return nil }
            at += fixed.count
            let value = place.isString ? JSONString(in: event, at: at) : JSONString(number: event, at: at)
            guard let value else { return nil }
            if place.isText { text = value }
            at += value.bytes.count
            formAt = place.end
        }
        let rest = form.slice(formAt..<form.count)
        return event.count - at == rest.count && event.holds(rest, at: at) ? text : nil
    }
}

extension JSONString {
    /// Where it stands in the text that it was read from.
    fileprivate func range(in text: UnsafeRawBufferPointer) -> Range<Int>? {
        guard let own = bytes.baseAddress, let base = text.baseAddress else { return nil }
        let start = own - base
        return start > 0 && start + bytes.count < text.count ? start..<start + bytes.count : nil
    }
}
