import Wire

/// The form of an event that comes again and again and differs only in one text, and perhaps in a few numbers and other texts:
/// learned from one that was read whole, so that the next is read by comparing. What matches is, byte for byte, the same JSON but for
/// the places; what does not is read as always. HOT.
struct DeltaTemplate {
    enum Place {
        /// The text that is told.
        case text(Range<Int>)
        /// A string or a number of no interest.
        case other(Range<Int>)

        var range: Range<Int> {
            switch self {
            case .text(let range), .other(let range): range
            }
        }
    }

    private var bytes: [UInt8] = []
    private var places: [Place] = []
    /// A stream in which every event has another form is not learned from for ever.
    private var lessons = 0
    private static let mostLessons = 16

    /// `others`: values beside the text that differ from event to event, strings without their quotes.
    /// False: it was not learned, and what was learned before stays.
    @discardableResult
    mutating func learn(_ event: UnsafeRawBufferPointer, text: JSONString, others: [JSONString?] = []) -> Bool {
        guard lessons < Self.mostLessons, let range = text.range(in: event) else { return false }
        lessons += 1
        bytes = Array(event)
        places = others.compactMap { $0?.range(in: event).map { .other($0) } } + [.text(range)]
        places.sort { $0.range.lowerBound < $1.range.lowerBound }
        return true
    }

    mutating func forget() { bytes = [] }

    /// The text of an event of this form; `nil` for any other.
    func text(of event: UnsafeRawBufferPointer) -> JSONString? {
        guard !bytes.isEmpty else { return nil }
        return bytes.withUnsafeBytes { form in
            var at = 0, formAt = 0
            var text: JSONString?
            for place in places {
                let fixed = form.slice(formAt..<place.range.lowerBound)
                guard event.holds(fixed, at: at) else { return nil }
                at += fixed.count
                let isString = form[place.range.lowerBound - 1] == UInt8(ascii: "\"")
                guard let value = isString ? JSONString(in: event, at: at) : JSONString(number: event, at: at) else {
                    return nil
                }
                if case .text = place { text = value }
                at += value.bytes.count
                formAt = place.range.upperBound
            }
            let rest = form.slice(formAt..<form.count)
            return event.count - at == rest.count && event.holds(rest, at: at) ? text : nil
        }
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
