//! Scenarios: what passes a tap, in text, and the records that must come of it.
//!
//! Each file in `scenarios` holds blocks headed by a time and a hop, then `==`, then the expected records as `show`
//! writes them. `scenario` reads the blocks, `message` fills in the header fields nobody wants to write, `run` takes the
//! events through one tracker and through several that are out of step. All runs must give the same records.

mod floods;
mod hosts;
mod message;
mod run;
mod scenario;
mod show;

use scenario::Scenario;

/// Runs a scenario with one tracker and with several, and compares the records with the expected ones.
/// `UPDATE_EXPECTED=1 cargo test` writes what comes out now; read the difference before committing it.
#[track_caller]
fn check(file: &str, text: &str) {
    let scenario = Scenario::parse(text);
    let alone = run::alone(&scenario);
    let shown = show::run(&alone, scenario.shows);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/track/tests/");
        let events = text.split_once("\n==\n").expect("`==` ends the events").0;
        let written = std::fs::write(format!("{folder}{file}"), format!("{events}\n==\n{shown}"));
        return written.expect("the scenario can be written");
    }
    assert_eq!(
        shown, scenario.expected,
        "\n--- found:\n{shown}--- expected:\n{}",
        scenario.expected
    );
    for shards in run::shards() {
        let sharded = run::sharded(&scenario, shards);
        assert_eq!(
            show::run(&sharded, scenario.shows),
            shown,
            "with {shards:?}"
        );
        assert_eq!(show::json(&sharded), show::json(&alone), "with {shards:?}");
    }
}

macro_rules! scenarios {
    ($($folder:ident { $($name:ident)* })*) => {
        $(mod $folder {
            $(#[test]
            fn $name() {
                let file = concat!("scenarios/", stringify!($folder), "/", stringify!($name), ".txt");
                super::check(file, include_str!(concat!(
                    "scenarios/", stringify!($folder), "/", stringify!($name), ".txt"
                )));
            })*
        })*
    };
}

scenarios! {
    calls {
        basic
        early_media
        challenge
        challenge_unanswered
        challenge_answered_late
        challenge_left_and_tried_again
        wrong_credentials
        busy
        unavailable
        not_found
        declined
        overloaded
        redirected
        timed_out_by_proxy
        redirected_and_tried_again
        cancelled
        cancelled_without_end
        cancel_crosses_answer
        no_answer_at_all
        provisional_only
        trying_only
        retransmissions
        fork_one_answers
        fork_two_answer
        fork_declined_and_answered
        fork_cleared_before_answer
        fork_487_first
        fork_seen_from_behind
        fork_all_busy
        two_hops
        two_hops_on_one_host
        spiral
        hops_of_a_fork
        hops_hidden
        one_way_back
        one_way_there
        proxy_gives_credentials
        hold_and_resume
        reinvite_refused
        update_and_prack
        bye_by_callee
        bye_by_both
        bye_repeated_and_481
        bye_before_answer
        no_ack
        ack_of_another_branch
        cut_off_unconfirmed
        cut_off_early
        cut_off_confirmed
        cut_off_established
        cut_off_ended
        no_bye
        long_call_and_what_follows
        mid_call_reinvite
        mid_call_bye
        mid_call_answer
        mid_call_update
        rfc2543
        rfc2543_caller
        call_id_used_again
        three_invites_at_once
        one_call_id_two_callers
        too_many_of_one_call_id
        clock_steps_back
        key_figures
        fork_bye_of_one_branch
        fork_bye_of_all_branches
        session_timer_refreshed
        session_timer_expired
        session_interval_too_small
        transfer_attended
        transfer_failed
        transfer_refused
        identities
        history_of_a_diversion
        redirected_to
        closed_by_media_silence
        closed_by_age
        closed_by_configured_silence
        closed_by_silence_before_bye
        closed_on_hold
    }
    figures {
        repeats
        challenged
        challenge_refused
        forks
        redirected
        cancelled
        early_bye
        bye_unanswered
        bye_tried_again
        reinvite_refused
        already_up
        one_direction
        at_once
        trunks_and_directions
        domains
    }
    rtcp {
        round_trip
        lost_before_and_behind
        encrypted
        extended_blocks
        feedback
    }
    conversations {
        session_id
        session_id_of_the_answer
        session_id_nil
        header
        header_call_id
        header_configured
        charging_vector
        sdp_handed_on
        sdp_unseen_host
        numbers
        numbers_withheld
        same_number_at_once
        same_numbers_at_once
        numbers_contradicted
        same_sdp_at_once
        transfer
        fork_by_b2bua
        chain
        refused_and_tried_again
        name_of_too_many
        beside_each_other
        too_many_legs
        one_call_id
        numbers_elsewhere
        media_by_reinvite
        on_one_host
    }
    registrations {
        challenge
        two_contacts
        refresh_and_expiry
        shorter_refresh
        expiry_of_the_answer
        removed
        removed_all
        removed_unseen
        too_brief
        forbidden
        never_answered
        unanswered_at_the_end
        fetch
        restart
        two_hops
        instance_moves
        flapping
        behind_nat
        third_party
        stale_nonce
        listed_contacts
        spellings_of_an_account
        unanswered_and_refused
    }
    transactions {
        every_method
        retransmitted_invite
        lost_200
        late_200
        trying_only
        ringing_long
        cancel_race
        cancelled_without_end
        forked
        two_hops
        ack_missing
        timer_f
        rfc2543
        received_and_rport
        branch_used_twice
        unmatched
        untouched_via
        unfinished
    }
    security {
        scanner_by_name
        scanner_by_silence
        keep_alives_of_a_proxy
        guessing_by_register
        guessing_by_invite
        wrong_numbers_of_a_trunk
        one_password_after_another
        one_password_for_many
        site_with_wrong_passwords
        site_restarts
        invite_flood
        busy_trunk
        options_flood
        digest_leak
        registrar_asks_again
        toll_fraud
        false_answer
        wrong_numbers_hang_up
        trusted_source
        relayed_scan
    }
    media {
        sdp_after_sound
        port_used_again
        idle_stream
        silence_on_hold
        sound_after_bye
        b2bua
        events_of_one_side
        new_source
        rtcp_of_a_relay
        not_rtp
        too_many_streams
        reinvite_moves
        many_formats
        two_calls_claim
        late_answer_after_bye
        early_answer_and_answer
        offer_in_the_answer
        offers_cross
        fork_of_answers
        refreshes_are_counted
    }
    findings {
        no_media_in_capture
        no_rtp
        no_rtp_of_a_leg
        one_way_audio
        one_way_behind_nat
        private_address_that_works
        hold_is_no_fault
        silent_after_answer
        fell_silent
        rtp_elsewhere
        nat_of_the_sender
        relay_nobody_announced
        codec_mismatch
        codec_renumbered
        bunched_media
        ptime_mismatch
        slow_sender
        early_media_unanswered
        late_ack
        unanswered_bye
        bye_refused
        short_call
        short_call_replaced
        cancel_answered_late
        tags_that_do_not_fit
        one_direction_of_the_caller
        one_direction_of_the_callee
        long_pdd
        thresholds_of_the_operator
        music_on_an_old_hold
    }
}
