"""The internals of moto's SNS that ``patternlab.local.sns.service`` leans on. A new moto that moves
one of them fails here, by name."""

import inspect
import json

from moto.awslambda.utils import get_backend
from moto.sns import models, responses

from patternlab import open_cloud
from tests.local.contracts.inspection import assert_in_source
from tests.local.permits import permit


def test_moto_delivers_in_topic_publish_and_nowhere_else():
    """We override SNSBackend.publish, the only caller of Topic.publish."""
    source = inspect.getsource(models)
    assert source.count("topic.publish(") == 1
    assert source.count("subscription.publish(") == 1
    assert "topic.publish(" in inspect.getsource(models.SNSBackend.publish)


def test_topics_and_subscriptions_are_made_by_name():
    """So LocalTopic and LocalSubscription can be put under these names."""
    assert_in_source(models.SNSBackend.create_topic, "candidate_topic = Topic(name, self)")
    made = "subscription = Subscription(self.account_id, topic, endpoint, protocol)"
    assert_in_source(models.SNSBackend.subscribe, made)


def test_a_batch_goes_through_publish_and_reports_invalid_parameter_values():
    source = inspect.getsource(models.SNSBackend.publish_batch)
    assert "self.publish(" in source
    assert "isinstance(e, InvalidParameterValue)" in source


def test_subscribing_sets_the_attributes_one_by_one_after_the_subscription():
    """So everything is checked before, in LocalSNSResponse.subscribe."""
    source = inspect.getsource(responses.SNSResponse.subscribe)
    made = source.index("self.backend.subscribe(")
    assert made < source.index("self.backend.set_subscription_attributes(")


def test_the_fields_of_moto_that_are_written_to(cloud):
    arn = cloud.client("sns").create_topic(Name="t")["TopicArn"]
    topic = models.sns_backends["123456789012"]["us-east-1"].topics[arn]
    assert topic.subscriptions_confimed == 0  # moto's spelling
    assert topic.subscriptions_deleted == 0
    assert json.loads(topic.effective_delivery_policy)


def test_message_attributes_arrive_as_type_and_value():
    made = responses.SNSResponse()._transform_message_attributes(
        {
            "n": {"DataType": "Number", "StringValue": "1"},
            "b": {"DataType": "Binary", "BinaryValue": b"\x02"},
        }
    )
    assert made == {"n": {"Type": "Number", "Value": "1"}, "b": {"Type": "Binary", "Value": "Ag=="}}


def test_a_functions_policy_is_a_list_of_statements(world):
    world.create("f", "def handler(event, context): pass")
    permit(world.cloud, "f", "sns", "arn:aws:sns:us-east-1:123456789012:t")
    function = get_backend("123456789012", "us-east-1").get_function("f")
    [statement] = function.policy.statements
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:123456789012:t"}
    }


def test_a_queues_policy_is_a_dictionary(world):
    url, _ = world.queue("q")
    queue = next(iter(models.sqs_backends["123456789012"]["us-east-1"].queues.values()))
    assert queue._policy_json["Statement"] == []
    world.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": '{"Statement": [1]}'})
    assert queue._policy_json == {"Statement": [1]}


def test_two_clouds_of_one_seed_publish_under_the_same_ids():
    """The model's ids come from moto's own random numbers."""

    def run(seed):
        with open_cloud(seed=seed) as cloud:
            sns = cloud.client("sns")
            topic = sns.create_topic(Name="t")["TopicArn"]
            return sns.publish(TopicArn=topic, Message="m")["MessageId"]

    assert run(3) == run(3) != run(4)
