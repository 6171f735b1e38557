/** The script of the administrators' console: charts that move, and lists that follow what happens. */
import './member.js'
