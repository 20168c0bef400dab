import CLinux
import Glibc

/// Reads small files off the loops, whose threads must not wait for a disk.
package enum FileReader {
    package typealias Answer = Result<[UInt8], TransportError>

    /// Calls `completion` on `loop` with the content of the file, which must have at most `maximumBytes`.
    package static func read(
        _ path: String, maximumBytes: Int, on loop: EventLoop, completion: @escaping @Sendable (Answer) -> Void
    ) {
        final class Work {
            let run: () -> Void
            init(_ run: @escaping () -> Void) { self.run = run }
        }
        let work = Work {
            let answer = contents(path, maximumBytes)
            loop.post { completion(answer) }
        }
        let context = Unmanaged.passRetained(work)
        let result = tg_thread_start(
            "file-reader",
            {
                guard let pointer = $0 else { return }
                Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().run()
            }, context.toOpaque())
        if result != 0 {
            context.release()
            loop.post { completion(.failure(.system(call: "pthread_create", errno: result))) }
        }
    }

    private static func contents(_ path: String, _ maximumBytes: Int) -> Answer {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(.system(call: "open", errno: errno)) }
        defer { Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(.system(call: "read", errno: errno)) }
            if count == 0 { return .success(bytes) }
            bytes += block[..<count]
            if bytes.count > maximumBytes { return .failure(.system(call: "read", errno: EFBIG)) }
        }
    }
}
