import Glibc

/// What lies in the spools of a data folder, seen from outside; nothing is opened for writing.
package struct SpoolSurvey: Sendable, Equatable {
    /// The folder: the destination and the signal.
    package let name: String
    /// Bytes of the segments.
    package let bytes: Int
    package let segments: Int
    /// Unix nanoseconds of the last change to the oldest segment; nil when there is none.
    package let oldest: Int64?

    /// `directory`: the folder `spool` of the data folder. By name; empty when there is none.
    package static func folders(in directory: String) -> [SpoolSurvey] {
        SpoolFolder.names(in: directory).sorted().map { SpoolSurvey(name: $0, path: "\(directory)/\($0)") }
    }

    private init(name: String, path: String) {
        self.name = name
        var bytes = 0, segments = 0, oldest: Int64?
        for file in SpoolFolder.names(in: path) where SpoolSegment.number(of: file) != nil {
            var about = stat()
            guard stat("\(path)/\(file)", &about) == 0 else { continue }
            bytes += Int(about.st_size)
            segments += 1
            let changed = Int64(about.st_mtim.tv_sec) * 1_000_000_000 + Int64(about.st_mtim.tv_nsec)
            oldest = min(oldest ?? changed, changed)
        }
        self.bytes = bytes
        self.segments = segments
        self.oldest = oldest
    }
}
