"""The functions that questions may call: those that compute from their arguments, and do nothing else.

They are sqlglot's expressions, in which one kind stands for all names of a function: `LEN` and `LENGTH` are `Length`.
A function that is not here is refused: it may read files, settings or other databases, stop sessions, or wait. To allow
one, add it. How a question is checked is in `questions.py`.
"""

from sqlglot import exp

ALLOWED: frozenset[type[exp.Expr]] = frozenset(
    (
        # Aggregates
        *(exp.AnyValue, exp.ApproxDistinct, exp.Avg, exp.BitwiseAndAgg, exp.BitwiseOrAgg),
        *(exp.Count, exp.GroupConcat, exp.Grouping, exp.LogicalAnd),
        *(exp.LogicalOr, exp.Max, exp.Median, exp.Min, exp.PercentileCont, exp.PercentileDisc, exp.Stddev),
        *(exp.StddevPop, exp.StddevSamp, exp.Sum, exp.Variance, exp.VariancePop),
        # Windows
        *(exp.CumeDist, exp.DenseRank, exp.FirstValue, exp.Lag, exp.LastValue, exp.Lead, exp.NthValue, exp.Ntile),
        *(exp.PercentRank, exp.Rank, exp.RowNumber),
        # Conditions and types
        *(exp.And, exp.Case, exp.Cast, exp.Coalesce, exp.Collate, exp.DecodeCase, exp.Exists, exp.Greatest, exp.If),
        *(exp.Least, exp.Nullif, exp.Nvl2, exp.Or, exp.TryCast, exp.Xor),
        # Text
        *(exp.Ascii, exp.BitLength, exp.ByteLength, exp.Chr, exp.Concat, exp.ConcatWs, exp.Initcap, exp.Left),
        *(exp.Length, exp.Lower, exp.MD5, exp.Pad, exp.RegexpCount, exp.RegexpExtract, exp.RegexpILike),
        *(exp.RegexpInstr, exp.RegexpLike, exp.RegexpReplace, exp.Repeat, exp.Replace),
        *(exp.Reverse, exp.Right, exp.SHA, exp.SHA2),
        *(exp.SplitPart, exp.StartsWith, exp.StrPosition, exp.Substring, exp.Translate, exp.Trim, exp.Upper),
        # Dates and times
        *(exp.AddMonths, exp.ConvertTimezone, exp.CurrentDate, exp.CurrentTimestamp, exp.Date, exp.DateAdd),
        *(exp.DateDiff, exp.DateSub, exp.DateTrunc, exp.Day, exp.DayOfMonth, exp.DayOfWeek, exp.DayOfYear),
        *(exp.Extract, exp.Hour, exp.LastDay, exp.Minute, exp.Month, exp.MonthsBetween, exp.NextDay, exp.Quarter),
        *(exp.Second, exp.StrToDate, exp.StrToTime, exp.TimestampTrunc, exp.TimeToStr, exp.TsOrDsAdd),
        *(exp.TsOrDsDiff, exp.TsOrDsToDate, exp.UnixToTime, exp.Week, exp.Year),
        # Maths
        *(exp.Abs, exp.Acos, exp.Asin, exp.Atan, exp.Atan2, exp.Cbrt, exp.Ceil, exp.Cos, exp.Cot, exp.Degrees),
        *(exp.Exp, exp.Floor, exp.Ln, exp.Log, exp.Pi, exp.Pow, exp.Radians, exp.Rand, exp.Round, exp.Sign, exp.Sin),
        *(exp.Sqrt, exp.Tan, exp.ToChar, exp.ToNumber, exp.Trunc),
        # JSON. Why JSON_PARSE is refused on DuckDB, and what to write instead, is said in `dialect.py`.
        *(exp.JSONExtract, exp.JSONExtractScalar, exp.ParseJSON),
    )
)
# Functions that sqlglot has no expression for, and both engines know.
ALLOWED_NAMES = frozenset({"JSON_ARRAY_LENGTH"})
