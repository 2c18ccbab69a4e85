package ch.randelshofer.fastdoubleparser;

import java.math.BigDecimal;

/** Stands in for the library of this name, which Debian does not have. event-ruler reads numbers with it, nothing else. */
public final class JavaBigDecimalParser {
    public static BigDecimal parseBigDecimal(CharSequence text) {
        return new BigDecimal(text.toString());
    }
}
