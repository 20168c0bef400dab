/// A value that must not be seen: it cannot be printed, encoded, compared or looked into, only handed to who needs its bytes.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    package init(_ text: String) { bytes = Array(text.utf8) }

    package var isEmpty: Bool { bytes.isEmpty }
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Lends the bytes for the length of the call.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }

    /// Whether both are the same, for finding out whether a reload changed anything; stops at the first difference.
    package func isSame(as other: Secret) -> Bool { bytes == other.bytes }
}
