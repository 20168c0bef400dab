import SeededRandom
import Wire

/// Ways to cut `count` bytes into pieces: whole, at every byte, byte by byte, and some at random.
func cuts(of count: Int, seed: UInt64 = 1, random: Int = 20) -> [[Int]] {
    var generator = SeededGenerator(seed: seed)
    var result = [[count], Array(1...max(count, 1))]
    for place in 1..<max(count, 1) { result.append([place, count]) }
    for _ in 0..<random where count > 1 {
        let places = Set(
            (0..<Int.random(in: 1...6, using: &generator)).map { _ in Int.random(in: 1..<count, using: &generator) })
        result.append(places.sorted() + [count])
    }
    return result
}

/// What the bytes in `range` say, for comparisons.
func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
}

/// Changes a few bytes: overwrites, removes, doubles or inserts.
func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    let interesting: [UInt8] = [0, 9, 10, 13, 32, 34, 44, 45, 58, 59, 91, 92, 93, 123, 125, 127, 128, 255, 48, 97]
    var result = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where result.count > 1 {
        let place = Int.random(in: 0..<result.count, using: &generator)
        let byte = interesting.randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: result[place] = byte
        case 1: result.remove(at: place)
        case 2: result.insert(result[place], at: place)
        case 3: result.insert(byte, at: place)
        default: result.removeSubrange(place..<min(result.count, place + 7))
        }
    }
    return result
}
