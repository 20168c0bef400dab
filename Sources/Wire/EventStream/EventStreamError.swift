/// Why a binary event stream is given up: where its next message begins is unknown.
package enum EventStreamError: Error, Sendable, Equatable, CaseIterable {
    case lengthsImpossible
    case headersTooLarge
    case payloadTooLarge
    case preludeDamaged
    case messageDamaged
    case headerMalformed
    case headerRepeated
    case messageTypeUnknown

    /// What is wrong, in one sentence.
    package var sentence: StaticString {
        switch self {
        case .lengthsImpossible: "A frame is shorter than its own parts; is this no AWS event stream?"
        case .headersTooLarge: "A frame has more than 128 KiB of headers."
        case .payloadTooLarge: "A frame has more than 24 MiB of payload."
        case .preludeDamaged: "The checksum of a frame's lengths is wrong."
        case .messageDamaged: "The checksum of a frame is wrong."
        case .headerMalformed: "A frame's headers do not follow the format."
        case .headerRepeated: "A frame has a header twice."
        case .messageTypeUnknown: "A frame does not say whether it is an event, an exception or an error."
        }
    }
}
